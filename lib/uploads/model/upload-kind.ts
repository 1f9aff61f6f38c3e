import type { UploadRecord } from '../../registry/index.js';

type WithKind = Pick<UploadRecord, 'kind'>;

/** Whether an upload is only a part of others, which are made of it later. */
export function isPartial({ kind }: WithKind): boolean {
  return kind === 'partial';
}

/** Whether an upload is made of parts. */
export function isFinal({ kind }: WithKind): boolean {
  return kind === 'final';
}
