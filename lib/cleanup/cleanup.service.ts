import { Inject, Injectable, Logger } from '@nestjs/common';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { CLEANUP_KEY } from '../cluster/index.js';
import { ContextSnapshot } from '../context/index.js';
import {
  asError,
  ClosedError,
  FolderLostError,
  logError,
  UploadFencedError,
} from '../errors/index.js';
import type { CleanupReport } from '../interfaces/index.js';
import { Measures } from '../measures/index.js';
import type { TusOptions } from '../options/index.js';
import type { UploadRecord, UploadRegistry } from '../registry/index.js';
import type { UploadStorage } from '../storage/index.js';
import { LOGGER_CONTEXT, TUS_OPTIONS, TUS_REGISTRY, TUS_STORAGE } from '../tus.constants.js';
import { FinishedFiles, isInterim, Leases, rememberFinished, Uploads } from '../uploads/index.js';

/** Uploads looked at together, at first; their writes share flushes, and memory stays bounded. */
const STEP = 64;

/** Milliseconds after which an upload is looked at again that was being written, or failed. */
const LATER = 60_000;

/** The least of it. */
const SOON = 1000;

/** Milliseconds after which it is looked again whether an upload without a file was delivered. */
const HOUR = 3_600_000;

/** A report that is counted on. */
type CountedReport = { -readonly [Key in keyof CleanupReport]: CleanupReport[Key] };

/** What one look did to an upload; one that is stuck is as due as before. */
type Verdict = 'expired' | 'removed' | 'forgotten' | 'kept' | 'stuck';

/**
 * Removes what has outlived its time.
 *
 * A pass walks the registry's due index from its beginning to now, so it costs what it removes and
 * not what it keeps.
 */
@Injectable()
export class CleanupService {
  private readonly logger = new Logger(LOGGER_CONTEXT);
  private readonly context = new ContextSnapshot();
  private pass?: Promise<CleanupReport>;
  private stopped = false;
  /** How far the running pass goes. */
  private until = 0;

  constructor(
    @Inject(TUS_OPTIONS) private readonly options: TusOptions,
    @Inject(TUS_REGISTRY) private readonly registry: UploadRegistry,
    @Inject(TUS_STORAGE) private readonly storage: UploadStorage,
    private readonly uploads: Uploads,
    private readonly files: FinishedFiles,
    private readonly leases: Leases,
    private readonly measures: Measures,
  ) {}

  /**
   * Makes one pass; calls that come while one is running share it. While another process makes one,
   * there is nothing to do.
   */
  run(): Promise<CleanupReport> {
    this.pass ??= this.context.run(() => this.begin());
    return this.pass;
  }

  /** Ends a running pass after its current step. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.pass?.catch(() => undefined);
  }

  private begin(): Promise<CleanupReport> {
    return this.walkAlone(Date.now()).finally(() => (this.pass = undefined));
  }

  private async walkAlone(now: number): Promise<CleanupReport> {
    const lease = await this.leases.tryAcquireKey(CLEANUP_KEY);
    if (!lease) return nothingDone();
    // It ends only when the app's methods do that are asked about uploads.
    lease.pin();
    const report = nothingDone();
    let error: string | undefined;
    try {
      return await this.walk(now, report);
    } catch (failure) {
      error = asError(failure).message;
      throw failure;
    } finally {
      lease.release();
      this.measures.cleanedUp({ endedAt: new Date(), counts: report, ...(error && { error }) });
    }
  }

  private async walk(now: number, report: CountedReport): Promise<CleanupReport> {
    this.until = now;
    let step = STEP;
    while (!this.stopped) {
      const due = await this.registry.due(now, step);
      const verdicts = await Promise.all(due.map((record) => this.lookSafely(record)));
      for (const verdict of verdicts) if (isCounted(verdict)) report[verdict] += 1;
      if (verdicts.every((verdict) => verdict === 'stuck')) {
        // On a full disk only bytes can go, and those may be further on.
        if (due.length < step) break;
        step *= 2;
      }
      await nextTurn();
    }
    return report;
  }

  /** One upload that cannot be removed must not keep the others. */
  private async lookSafely(record: UploadRecord): Promise<Verdict> {
    try {
      return await this.look(record);
    } catch (error) {
      // What is due is not known either then, which ends the pass.
      if (error instanceof FolderLostError || error instanceof ClosedError) return 'stuck';
      // It is another process's to clean up by now.
      if (error instanceof UploadFencedError) return 'stuck';
      logError(this.logger, `Upload ${record.id} could not be cleaned up`, error);
      return this.postpone(record, Date.now() + LATER).catch(() => 'stuck');
    }
  }

  private async look(record: UploadRecord): Promise<Verdict> {
    if (!(await this.isTidied(record))) return this.postpone(record, Date.now() + LATER);
    if (isUnfinished(record)) return this.lookAtUnfinished(record);
    if (record.state === 'finished') return this.lookAtFinished(record);
    return this.lookAtGone(record);
  }

  /** @returns `false` while it cannot be seen to, because the upload is held */
  private async isTidied(record: UploadRecord): Promise<boolean> {
    if (record.state !== 'finished' || this.storage.isTidy(record)) return true;
    const done = await this.whileHeld(record, async (current) => {
      if (current.state === 'finished') await this.storage.tidy(current);
      return true;
    });
    return done ?? false;
  }

  /** @returns `undefined` when the upload is held, or forgotten, and nothing was done */
  private async whileHeld<T>(
    { id }: UploadRecord,
    work: (current: UploadRecord) => Promise<T>,
  ): Promise<T | undefined> {
    const lease = await this.leases.tryAcquire(id);
    if (!lease) return undefined;
    try {
      const current = await this.registry.get(id);
      return current && (await work(current));
    } finally {
      lease.release();
    }
  }

  private async lookAtUnfinished(record: UploadRecord): Promise<Verdict> {
    const upload = await this.uploads.repair(record.id);
    // It is held; an upload that lives shortly is looked at again soon.
    const later = Math.min(LATER, Math.max(record.validFor ?? LATER, SOON));
    if (!upload) return this.postpone(record, Date.now() + later);
    if (upload.record.state === 'expired') return 'expired';
    if (!isUnfinished(upload.record)) return 'kept';
    return this.postpone(record, upload.expiresAt);
  }

  private async lookAtFinished(record: UploadRecord): Promise<Verdict> {
    const isThere = await this.files.isThere(record);
    return isThere ? this.lookAtFile(record) : this.lookAtGone(record);
  }

  private async lookAtGone(record: UploadRecord): Promise<Verdict> {
    const verdict = await this.whileHeld(record, (current) => this.endGone(current));
    return verdict ?? this.postpone(record, Date.now() + LATER);
  }

  private async endGone(record: UploadRecord): Promise<Verdict> {
    // It was on its way to another path when it was looked for.
    if (await this.files.isThere(record)) return 'kept';
    // A process that died after it had changed the record has left the bytes.
    const isOurs = record.state !== 'finished' || record.fileRemovedAt !== undefined;
    if (isOurs) await this.storage.remove(record);
    const settlesAt = this.storage.settlesAt(record) ?? 0;
    const forgetAt = Math.max(goneAt(record) + this.options.rememberFor, settlesAt);
    if (forgetAt <= Date.now()) {
      await this.registry.forget(record.id, record.dueAt ?? 0);
      return 'forgotten';
    }
    if (record.state !== 'finished') return this.postpone(record, forgetAt);
    // What its client said of it is for its handlers, too.
    const isUndelivered = await this.isUndelivered(record.id);
    if (isUndelivered) return this.postpone(record, Math.min(Date.now() + HOUR, forgetAt));
    return this.postpone(record, forgetAt, rememberFinished);
  }

  private async lookAtFile(record: UploadRecord): Promise<Verdict> {
    const finishedAfter = record.removeWhenDelivered ? 0 : this.options.finishedAfter;
    const mayGo = finishedAfter !== undefined && record.movedTo === undefined;
    if (!mayGo) return this.postpone(record, Date.now() + this.options.rememberFor);

    const removeAt = (record.endedAt ?? record.createdAt) + finishedAfter;
    if (removeAt > Date.now()) return this.postpone(record, removeAt);
    if (await this.isUndelivered(record.id)) return this.postpone(record, Date.now() + LATER);
    await this.files.remove(record.id);
    return 'removed';
  }

  private async isUndelivered(uploadId: string): Promise<boolean> {
    const deliveries = await this.registry.deliveries({ uploadId, limit: 1 });
    return deliveries.items.length > 0;
  }

  /**
   * Does nothing when the upload was given another time meanwhile.
   *
   * @param remember what is left of the record until then; all of it unless given
   */
  private async postpone(
    record: UploadRecord,
    time: number | undefined,
    remember = (current: UploadRecord) => current,
  ): Promise<Verdict> {
    // A clock that was set back must not keep the pass from coming to its end.
    const dueAt = time && Math.max(this.orWhenSettled(record, time), this.until + 1);
    await this.registry.change(record.id, (current) =>
      current.dueAt === record.dueAt ? { record: { ...remember(current), dueAt } } : undefined,
    );
    return 'kept';
  }

  /** What a process that was fenced may still bring is removed as soon as nothing more can come. */
  private orWhenSettled(record: UploadRecord, time: number): number {
    const settlesAt = this.storage.settlesAt(record) ?? 0;
    return settlesAt > Date.now() ? Math.min(time, settlesAt) : time;
  }
}

function nothingDone(): CountedReport {
  return { expired: 0, removed: 0, forgotten: 0 };
}

function isCounted(verdict: Verdict): verdict is keyof CleanupReport {
  return verdict !== 'kept' && verdict !== 'stuck';
}

/** A file that the application took away itself has been gone since the finish, at the latest. */
function goneAt({ state, fileRemovedAt, endedAt, createdAt }: UploadRecord): number {
  return (state === 'finished' ? fileRemovedAt : undefined) ?? endedAt ?? createdAt;
}

function isUnfinished(record: UploadRecord): boolean {
  return record.state === 'receiving' || isInterim(record);
}
