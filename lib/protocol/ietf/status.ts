import type { IetfDialect } from './dialect.js';
import type { IetfProfile } from './profiles.js';
import { formatLimits, type UploadLimits } from './limits.js';

/** What a client is told of an upload. */
export interface IetfStatus extends UploadLimits {
  /** Bytes held. */
  readonly offset: number;
  readonly isComplete: boolean;
  /** Bytes the whole upload has, where they are to be told. */
  readonly length?: number;
}

/** The fields that tell where an upload stands (draft §Upload State). */
export function ietfStatusHeaders(
  status: IetfStatus,
  { profile, sizes }: Pick<IetfDialect, 'profile' | 'sizes'>,
): Record<string, string> {
  const { offset, isComplete, length } = status;
  const headers: Record<string, string> = {
    'Upload-Offset': String(offset),
    ...completenessHeader(isComplete, profile),
  };
  if (length !== undefined) headers['Upload-Length'] = String(length);
  const limits = formatLimits(status, profile, sizes);
  if (limits !== undefined) headers['Upload-Limit'] = limits;
  return headers;
}

/** The field that tells whether an upload is complete. */
export function completenessHeader(
  isComplete: boolean,
  { saysIncomplete }: IetfProfile,
): Record<string, string> {
  if (saysIncomplete) return { 'Upload-Incomplete': isComplete ? '?0' : '?1' };
  return { 'Upload-Complete': isComplete ? '?1' : '?0' };
}
