import type { UploadRecord, UploadRegistry } from '../../registry/index.js';
import type { UploadStorage } from '../../storage/index.js';
import type { UploadRules } from '../rules/upload-rules.js';
import type { GivenIds } from './given-ids.js';
import type { UploadBody } from './receiver.js';

/** A file that another server has received, in whole or in part, and what that knew of it. */
export interface ForeignFile {
  readonly id: string;
  /** Where it lies. */
  readonly place: string;
  /** Bytes the whole upload has; absent while its client defers it. */
  readonly length?: number;
  /** What its client said of it, as the protocol has it. */
  readonly metadata?: string;
  readonly owner?: string;
  /** Most bytes it may have; absent: no limit. */
  readonly maxSize?: number;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

/** A foreign file that was found. */
export interface FoundForeign {
  /** As the storage has it. */
  readonly place: string;
  /** Bytes that lie there. */
  readonly size: number;
  /** When the last of them came. */
  readonly modifiedAt: number;
  /** They, for an upload of our own. */
  readonly body: UploadBody;
}

/** Takes uploads over from another server. */
export class Adopter {
  constructor(
    private readonly registry: UploadRegistry,
    private readonly storage: UploadStorage,
    private readonly rules: UploadRules,
    private readonly givenIds: GivenIds,
  ) {}

  /**
   * What lies at the place of a foreign file.
   *
   * @throws TypeError where uploads are no files
   * @throws RangeError for a place that is the storage's own, for nothing, and for too much
   */
  async find(file: ForeignFile): Promise<FoundForeign> {
    if (!this.storage.files)
      throw new TypeError('Only an instance that keeps files takes files over.');
    const place = await this.storage.targetOf(file.place);
    const record = { ...recordOf(file), movedTo: place };
    const found = await this.storage.stat(record);
    if (!found) throw new RangeError(`There is no file at ${place}.`);
    const { size, modifiedAt } = found;
    const { length = Infinity } = file;
    if (size > length) {
      throw new RangeError(
        `The file at ${place} has ${size} bytes, and the upload only ${length}.`,
      );
    }
    const open = () => this.storage.createReadStream(record);
    const body = { present: size > 0, length: size, open, onLost: () => undefined };
    return { place, size, modifiedAt, body };
  }

  /**
   * Remembers a whole file as a finished upload. It stays where it is, and the application's, as one that
   * was moved there. No handler is called.
   *
   * @throws UploadIdTakenError
   */
  keep(file: ForeignFile, { place, size, modifiedAt }: FoundForeign): Promise<UploadRecord> {
    const record: UploadRecord = {
      ...recordOf(file),
      state: 'finished',
      length: size,
      endedAt: Math.trunc(modifiedAt),
      movedTo: place,
      dueAt: Date.now() + this.rules.rememberFor,
    };
    return this.givenIds.hold(file.id, () => this.registry.create(record));
  }
}

function recordOf({ place: _place, ...known }: ForeignFile): UploadRecord {
  return { ...known, state: 'receiving' };
}
