import type { Readable } from 'node:stream';
import type { UploadRecord } from '../../registry/index.js';
import type { StoredBytes, UploadStorage, UploadWriter } from '../../storage/index.js';
import { AppendClock } from '../bodies/append-clock.js';
import { BodyCheck, type ExpectedChecksum } from '../bodies/body-check.js';
import { BodyMemory } from '../bodies/body-memory.js';
import { pump, type BodyEnd, type PumpTarget } from '../bodies/body-pump.js';
import type { FileHashes } from '../bodies/file-hashes.js';
import type { RunningHash } from '../bodies/running-hash.js';
import type { Lease } from '../leases/lease.js';
import type { FinishPolicy } from '../model/finish-policy.interface.js';
import type { UploadObserver } from '../model/upload-observer.interface.js';
import { endsWith, takeSnapshot, type UploadSnapshot } from '../model/upload-snapshot.js';
import type { UploadRules } from '../rules/upload-rules.js';
import type { Finisher } from './finisher.js';
import type { Flusher } from './flusher.js';
import type { Transitions } from './transitions.js';

/** A request's body, unread. */
export interface UploadBody {
  /** Whether there is, or may be, any. */
  readonly present: boolean;
  /** Bytes it has; absent where it does not say. */
  readonly length?: number;
  /** Whether all of it has come by now, when it is asked, so that nothing is left to send; absent: it may not have. */
  readonly isHere?: boolean;
  /**
   * Asks for the bytes; called once, and only when nothing speaks against them any more. The
   * caller listens to the stream in the same turn.
   */
  open(): Readable;
  /**
   * Gives back the memory of chunks that were written, which nobody looks at any more; absent where they
   * may be somebody else's.
   */
  readonly release?: (chunks: readonly Uint8Array[]) => void;
  /** Calls back once its client has left, or was answered. */
  onLost(listener: () => void): void;
}

/** The body of one request, and what is to be seen to while it is received. */
export interface AppendContext {
  readonly body: UploadBody;
  readonly lease: Lease;
  /** Who decides whether the upload may be finished. */
  readonly policy: FinishPolicy;
  /** What the body must hash to. */
  readonly checksum?: ExpectedChecksum;
  /** Whether nothing follows the body; absent: the upload's length tells. */
  readonly isLast?: boolean;
  /** Most bytes that the body may have; absent: no limit. */
  readonly maxBytes?: number;
  /** Is told how many bytes the upload has, once they were written and count. */
  readonly onAdvanced?: (offset: number) => void;
  /** Whether the upload has no record yet: it comes with the finish, or when bytes are missing. */
  readonly isUnrecorded?: boolean;
}

/** The upload after a body was received, and how that body ended. */
export interface ReceiveResult extends UploadSnapshot {
  readonly end: BodyEnd;
}

/** How the receiving of a body ended, and the record afterwards. */
interface Received {
  readonly record: UploadRecord;
  readonly end: BodyEnd;
  /** What is held of an upload that is not finished. */
  readonly stored?: StoredBytes;
}

/** What is computed of the bytes of a request as they come. */
interface BodySums {
  /** Of this body. */
  readonly check?: BodyCheck;
  /** Of the whole file. */
  readonly hash?: RunningHash;
}

/** Brings the bytes of one request into the storage, and finishes the upload with the last one. */
export class Receiver {
  private readonly memory = new BodyMemory();

  constructor(
    private readonly storage: UploadStorage,
    private readonly rules: UploadRules,
    private readonly transitions: Transitions,
    private readonly flusher: Flusher,
    private readonly finisher: Finisher,
    private readonly observer: UploadObserver,
    private readonly hashes?: FileHashes,
  ) {}

  /**
   * Appends a body at the upload's offset; the caller holds the lease.
   *
   * @throws ChecksumMismatchError when the body is not what it was announced to be; nothing is kept
   * @throws FileChangedError when the upload's file is not what it was; it begins anew then
   * @throws FolderLostError, whatever else came of it, when it would not be found again
   */
  async receive(
    record: UploadRecord,
    offset: number,
    context: AppendContext,
  ): Promise<ReceiveResult> {
    try {
      const { record: after, end, stored } = await this.take(record, offset, context);
      // A finish that was committed has been confirmed with that.
      if (after.state === 'receiving' || record.state === 'finished') await this.storage.confirm();
      return received(takeSnapshot(after, stored), end);
    } catch (error) {
      await this.storage.assertSame();
      throw error;
    }
  }

  private async take(
    record: UploadRecord,
    offset: number,
    context: AppendContext,
  ): Promise<Received> {
    const check = context.checksum && new BodyCheck(context.checksum);
    if (!context.body.present) check?.assertMatches();
    if (record.state === 'finished') return this.receiveNothing(record, context, check);
    if (!context.body.present && !endsWith(record, offset, context.isLast)) {
      return { record, end: 'ended', stored: await this.storage.stat(record) };
    }

    const isProvisional = check !== undefined;
    const { isUnrecorded } = context;
    const announced = context.body.length;
    const writer = await this.storage.openWriter(record, {
      announced,
      isProvisional,
      isUnrecorded,
    });
    const hash = this.hashes?.of(record);
    hash?.resume(writer.size);
    try {
      const bodyCheck = context.body.present ? check : undefined;
      return await this.append(record, writer, context, { check: bodyCheck, hash });
    } catch (error) {
      await this.transitions.note(record.id, error);
      throw error;
    } finally {
      await hash?.pause(writer.size);
      // It may be of bytes that do not count.
      if (hash && context.lease.isLost) this.hashes?.forget(record);
      await writer.close();
    }
  }

  private async append(
    record: UploadRecord,
    writer: UploadWriter,
    context: AppendContext,
    sums: BodySums,
  ): Promise<Received> {
    const start = writer.size;
    const clock = new AppendClock(record, start, this.observer);
    try {
      const end = await this.writeBody(record, writer, context, sums);
      clock.bodyEnded(end);
      const isWhole = end !== 'overflow' && endsWith(record, writer.size, isLast(context, end));
      if (!isWhole) return await this.keepPart(record, writer, context, end, sums.check);
      const finished = await this.finish(record, writer, context, sums.check);
      clock.uploadFinished();
      return { record: finished, end };
    } finally {
      clock.stop(writer.size - start);
    }
  }

  /** Writes a body as far as it counts, and makes that as durable as it is to be. */
  private async writeBody(
    record: UploadRecord,
    writer: UploadWriter,
    context: AppendContext,
    sums: BodySums,
  ): Promise<BodyEnd> {
    const start = writer.size;
    const { check } = sums;
    if (check) await this.transitions.distrustFrom(record.id, start);
    const end = await this.write(record, writer, context, sums).catch(async (error: unknown) => {
      if (check) await this.cut(record.id, writer, start);
      throw error;
    });
    // What it was meant to be is unknown of a body that is too long, or that was not verified.
    if (end === 'overflow' || (check && end !== 'ended')) await writer.truncate(start);
    const mustFlush = this.rules.durability === 'chunk' || (await writer.mustSync());
    if (mustFlush) await this.flusher.flush(record, writer);
    return end;
  }

  private async finish(
    record: UploadRecord,
    writer: UploadWriter,
    context: AppendContext,
    check?: BodyCheck,
  ): Promise<UploadRecord> {
    const { size } = writer;
    const whole = record.length === size ? record : { ...record, length: size };
    try {
      return await this.finisher.finish(whole, writer, context);
    } catch (error) {
      // The bytes were verified; it is only the finish that is to be tried again.
      const isTrusted = check && !writer.isDoubtful;
      if (isTrusted) await this.transitions.trust(record.id).catch(() => undefined);
      throw error;
    }
  }

  private async keepPart(
    asked: UploadRecord,
    writer: UploadWriter,
    { isUnrecorded }: AppendContext,
    end: BodyEnd,
    check?: BodyCheck,
  ): Promise<Received> {
    const record = isUnrecorded ? await this.transitions.begin(asked) : asked;
    if (isUnrecorded) {
      await writer.recorded?.();
      this.observer.advanced(record, writer.size);
    }
    const stored = await writer.confirm();
    if (check) await this.transitions.trust(record.id);
    return { record, end, stored };
  }

  private async write(
    record: UploadRecord,
    writer: UploadWriter,
    context: AppendContext,
    { check, hash }: BodySums,
  ): Promise<BodyEnd> {
    const room = this.limitOf(record) - writer.size;
    const limit = Math.min(room, context.maxBytes ?? room);
    const write = async (chunks: readonly Uint8Array[]): Promise<void> => {
      const start = writer.size;
      const written = writer.write(chunks);
      // While the disk works, we compute.
      check?.update(chunks);
      hash?.update(chunks, start);
      await written;
      hash?.advance(writer.size);
      if (!context.isUnrecorded) this.observer.advanced(record, writer.size);
      if (!check && this.rules.durability !== 'chunk') context.onAdvanced?.(writer.size);
      if (!check) await this.assertType(record, writer, start);
    };
    const start = writer.size;
    const end = await this.read(context, { limit, write }, check);
    // Bytes that were damaged on their way tell nothing.
    if (check && end === 'ended') await this.assertType(record, writer, start);
    return end === 'overflow' && limit < room ? 'oversize' : end;
  }

  private async assertType(
    record: UploadRecord,
    writer: UploadWriter,
    start: number,
  ): Promise<void> {
    const isShown = this.transitions.showsType(start, writer.size);
    if (isShown) await this.transitions.assertType(record, writer);
  }

  private async cut(id: string, writer: UploadWriter, size: number): Promise<void> {
    await writer.truncate(size);
    await this.transitions.trust(id);
  }

  /** A finished upload takes no byte; whether a chunked body has one shows only in reading it. */
  private async receiveNothing(
    record: UploadRecord,
    context: AppendContext,
    check?: BodyCheck,
  ): Promise<Received> {
    const end = await this.read(context, { limit: 0, write: () => Promise.resolve() }, check);
    return { record, end };
  }

  private async read(
    { body, lease }: AppendContext,
    target: Pick<PumpTarget, 'limit' | 'write'>,
    check?: BodyCheck,
  ): Promise<BodyEnd> {
    if (!body.present) return 'ended';
    const { idleTimeout, minRate } = this.rules;
    const bounds = { idleTimeout, minRate, memory: this.memory, lease, release: body.release };
    const end = await pump(body.open(), { ...target, ...bounds });
    if (end === 'ended') check?.assertMatches();
    return end;
  }

  private limitOf(record: UploadRecord): number {
    return record.length ?? record.maxSize ?? Number.MAX_SAFE_INTEGER;
  }
}

/** Whether a body that has ended so is the last one, as far as the request says. */
function isLast(context: AppendContext, end: BodyEnd): boolean | undefined {
  return end === 'ended' ? context.isLast : false;
}

/** An upload as it is after a body has ended. */
export function received(snapshot: UploadSnapshot, end: BodyEnd): ReceiveResult {
  const { record, offset, expiresAt } = snapshot;
  return { record, offset, expiresAt, end };
}
