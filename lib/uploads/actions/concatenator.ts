import type { UploadRecord } from '../../registry/index.js';
import type { UploadStorage } from '../../storage/index.js';
import { inSteps } from '../leases/in-steps.js';
import { UnusablePartError } from '../model/append.errors.js';
import { UploadTooLargeError } from '../model/limit.errors.js';
import { isPartial } from '../model/upload-kind.js';
import { isWithin, type UploadScope } from '../model/upload-scope.js';
import type { UploadSnapshot } from '../model/upload-snapshot.js';
import type { FinishContext, Finisher } from './finisher.js';

/**
 * How often the bytes of its parts may be in a final upload that nothing else bounds: a part may be
 * named again (tus 1.0 §Concatenation), but a line of text must not fill a disk.
 */
const MOST_REPEATED = 2;

/** What a final upload is to be made of. */
export interface MeasuredParts {
  /** In order; one may be named again. */
  readonly parts: readonly UploadRecord[];
  /** Bytes of all together. */
  readonly length: number;
}

/** Builds final uploads from partial ones (tus 1.0 §Concatenation). */
export class Concatenator {
  constructor(
    private readonly storage: UploadStorage,
    private readonly finisher: Finisher,
  ) {}

  /**
   * Checks that partial uploads can be concatenated by who asks, and within a limit.
   *
   * @param find an upload as it stands, finished if its last byte is there
   * @throws UnusablePartError naming the one that is unknown, no partial or unfinished
   * @throws UploadTooLargeError
   */
  async measure(
    parts: readonly string[],
    { maxSize, ...scope }: UploadScope & { readonly maxSize?: number },
    find: (id: string) => Promise<UploadSnapshot | undefined>,
  ): Promise<MeasuredParts> {
    const found = new Map<string, UploadRecord>();
    await inSteps([...new Set(parts)], async (id) => {
      found.set(id, usablePart(id, scope, (await find(id))?.record));
    });
    const measured = parts.flatMap((id) => found.get(id) ?? []);
    const length = lengthOf(measured);
    const most = maxSize ?? lengthOf([...found.values()]) * MOST_REPEATED;
    if (length <= most) return { parts: measured, length };
    throw new UploadTooLargeError(
      `The final upload would have ${length} bytes, at most ${most} are allowed.`,
    );
  }

  /**
   * Copies the bytes of the parts and finishes the final upload; its caller holds the lease.
   *
   * @throws the reason of the signal, once that is aborted while bytes are copied
   */
  async build(
    record: UploadRecord,
    parts: readonly UploadRecord[],
    { signal, ...context }: FinishContext & { readonly signal: AbortSignal },
  ): Promise<UploadRecord> {
    await this.storage.concatenate(record, parts, signal);
    const writer = await this.storage.openWriter(record);
    try {
      return await this.finisher.finish(record, writer, context);
    } finally {
      await writer.close();
    }
  }
}

function lengthOf(parts: readonly UploadRecord[]): number {
  return parts.reduce((total, { length = 0 }) => total + length, 0);
}

function usablePart(id: string, scope: UploadScope, record?: UploadRecord): UploadRecord {
  if (!record || !isWithin(scope, record) || !isPartial(record)) throw noPart(id);
  if (record.fileRemovedAt !== undefined || record.movedTo !== undefined) throw noPart(id);
  if (record.state === 'finished') return record;
  if (record.state !== 'receiving') throw noPart(id);
  throw new UnusablePartError(`The partial upload ${id} is not finished.`);
}

function noPart(id: string): UnusablePartError {
  return new UnusablePartError(`There is no partial upload ${id}.`);
}
