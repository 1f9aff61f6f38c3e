import type { UploadRecord } from '../../registry/index.js';
import type { UploadStorage } from '../../storage/index.js';
import type { FinishPolicy } from '../model/finish-policy.interface.js';
import { endsWith } from '../model/upload-snapshot.js';
import type { UploadRules } from './upload-rules.js';

/** Most bytes of an upload whose record may come with its finish; they come in an instant. */
const MOST = 64 * 1024;

/** What comes along with the creation of an upload. */
export interface FirstBody {
  readonly present: boolean;
  /** Bytes it has; absent where it does not say. */
  readonly length?: number;
  /** Whether nothing follows it; absent: the upload's length tells. */
  readonly isLast?: boolean;
}

/**
 * Tells which uploads are stored, if they come whole with their creation, in one transaction in place of
 * two: their record comes with the finish. Before that, no client can know of one. What a process
 * which dies meanwhile leaves behind are bytes without a record, which the storage must tell from others.
 */
export class LateRecords {
  constructor(
    private readonly storage: UploadStorage,
    private readonly rules: UploadRules,
  ) {}

  /** Whether nothing but its bytes can speak against the finish of an upload that was asked for. */
  suit(record: UploadRecord, body: FirstBody, policy: FinishPolicy): boolean {
    if (!this.storage.keepsUnrecorded || !isSmallAndWhole(record, body)) return false;
    const { allowedTypes, reserveDisk, hash } = this.rules;
    const isRuled = allowedTypes !== undefined || reserveDisk || hash !== undefined;
    return !isRuled && !isPlacedOrHashed(record) && !policy.guards(record);
  }
}

function isSmallAndWhole(record: UploadRecord, body: FirstBody): boolean {
  const { present, length = Infinity, isLast } = body;
  return present && length <= MOST && endsWith(record, length, isLast);
}

function isPlacedOrHashed({ filePath, terms }: UploadRecord): boolean {
  const isHashed = terms?.expectedHash !== undefined || terms?.wantedHash !== undefined;
  return filePath !== undefined || isHashed;
}
