import { isFinal, isPartial, ProtocolError } from '../protocol/index.js';
import type { UploadRecord } from '../registry/index.js';
import type { UploadStorage } from '../storage/index.js';
import type { FinishContext, Finisher } from './finisher.js';
import { inSteps } from './in-steps.js';
import { isWithin, type UploadScope } from './upload-scope.js';
import type { UploadSnapshot } from './upload-snapshot.js';

/**
 * How often the bytes of its parts may be in a final upload that nothing else bounds: a part may be
 * named again (tus 1.0 §Concatenation), but a line of text must not fill a disk.
 */
const MOST_REPEATED = 2;

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
   * @returns bytes of all together
   * @throws ProtocolError 400 naming the one that is unknown, no partial or unfinished, 413
   */
  async measure(
    parts: readonly string[],
    { maxSize, ...scope }: UploadScope & { readonly maxSize?: number },
    find: (id: string) => Promise<UploadSnapshot | undefined>,
  ): Promise<number> {
    const lengths = new Map<string, number>();
    await inSteps([...new Set(parts)], async (id) => {
      lengths.set(id, lengthOf(id, scope, (await find(id))?.record));
    });
    const length = sum(parts.map((id) => lengths.get(id) ?? 0));
    const most = maxSize ?? sum([...lengths.values()]) * MOST_REPEATED;
    if (length <= most) return length;
    throw new ProtocolError(
      413,
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
    parts: readonly string[],
    { signal, ...context }: FinishContext & { readonly signal: AbortSignal },
  ): Promise<UploadRecord> {
    await this.storage.concatenate(record.id, parts, signal);
    const writer = await this.storage.openWriter(record.id);
    try {
      if (writer.size !== record.length) throw new Error('A partial upload has lost bytes.');
      return await this.finisher.finish(record, writer, context);
    } finally {
      await writer.close();
    }
  }
}

/** Whether a record is a final upload's that nobody builds any more: its process died over it. */
export function isHalfFinal({ concat, state }: UploadRecord): boolean {
  return isFinal(concat) && state === 'receiving';
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function lengthOf(id: string, scope: UploadScope, record?: UploadRecord): number {
  if (!record || !isWithin(scope, record) || !isPartial(record.concat)) throw noPart(id);
  if (record.fileRemovedAt !== undefined || record.movedTo !== undefined) throw noPart(id);
  if (record.state === 'finished' && record.length !== undefined) return record.length;
  if (record.state !== 'receiving') throw noPart(id);
  throw new ProtocolError(400, `The partial upload ${id} is not finished.`);
}

function noPart(id: string): ProtocolError {
  return new ProtocolError(400, `There is no partial upload ${id}.`);
}
