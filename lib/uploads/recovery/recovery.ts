import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import { FolderLostError, UploadFencedError } from '../../errors/index.js';
import {
  eachPage,
  type Page,
  type UploadRecord,
  type UploadRegistry,
} from '../../registry/index.js';
import type { Uploads } from '../actions/uploads.js';
import { neededRepair } from '../model/needed-repair.js';
import { isFinal } from '../model/upload-kind.js';
import type { ClearedOrphans, Orphans } from './orphans.js';

/** What was found after a start, and repaired. */
export interface RecoveryReport extends ClearedOrphans {
  /** Uploads whose last byte had come. */
  finished: number;
  /** Uploads whose bytes were cut back to those that were verified. */
  cut: number;
  /** Final uploads that were half-built, and are removed. */
  halfBuilt: number;
}

/** Who hears of a recovery. */
export interface RecoveryObserver {
  /** An upload could not be repaired, or, without one, the recovery broke off. */
  failed(error: unknown, id?: string): void;

  /** It is over. */
  recovered(report: RecoveryReport): void;
}

/**
 * Repairs, after a start, what processes that died have left: finishes the uploads whose last byte
 * came just before, and clears away what is half of something.
 *
 * The clients of such uploads may never come back to ask, so it walks all unfinished uploads once,
 * and then all that the storage holds, a page at a time and beside everything else.
 */
export class Recovery {
  private readonly report: RecoveryReport = {
    finished: 0,
    cut: 0,
    halfBuilt: 0,
    setAside: 0,
    removed: 0,
  };
  private stopped = false;
  private walk?: Promise<void>;

  constructor(
    private readonly registry: UploadRegistry,
    private readonly uploads: Uploads,
    private readonly orphans: Orphans,
    private readonly observer: RecoveryObserver,
  ) {}

  start(): void {
    this.walk = this.run().catch((error: unknown) => this.fail(error));
  }

  /** Does the same, at once, for the uploads that a process held when it died. */
  async takeOver(ids: readonly string[]): Promise<void> {
    if (!this.stopped) await Promise.all(ids.map((id) => this.takeOne(id)));
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.walk;
  }

  private async takeOne(id: string): Promise<void> {
    try {
      await this.onceThere(() => this.uploads.repair(id));
    } catch (error) {
      this.fail(error, id);
    }
  }

  private async run(): Promise<void> {
    for await (const records of eachPage((cursor) => this.page(cursor))) {
      await Promise.all(records.map((record) => this.repair(record)));
      await nextTurn();
      if (this.stopped) break;
    }
    const cleared = await this.onceThere(() =>
      this.orphans.clear(
        () => this.stopped,
        (error, id) => this.observer.failed(error, id),
      ),
    );
    this.observer.recovered({ ...this.report, ...cleared });
  }

  private async page(cursor?: string): Promise<Page<UploadRecord>> {
    const query = { state: 'receiving', cursor, limit: PAGE } as const;
    return (await this.onceThere(() => this.registry.list(query))) ?? { items: [] };
  }

  /** Only looks, where nothing is to be done: most uploads are simply unfinished. */
  private async repair(record: UploadRecord): Promise<void> {
    try {
      await this.onceThere(async () => {
        const repair = neededRepair(await this.uploads.look(record));
        if (repair) await this.repairNow(record);
      });
    } catch (error) {
      this.fail(error, record.id);
    }
  }

  /**
   * What is broken off because the app ends is done after its next start, and what another process has
   * taken over is that one's to repair.
   */
  private fail(error: unknown, id?: string): void {
    if (this.stopped || error instanceof UploadFencedError) return;
    this.observer.failed(error, id);
  }

  /**
   * Does some work, which may be repeated, on the folder that it is meant for: while that is lost it
   * waits.
   *
   * @returns `undefined` when it was stopped before the folder was there
   */
  private async onceThere<T>(work: () => Promise<T>): Promise<T | undefined> {
    while (!this.stopped) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof FolderLostError)) throw error;
        await pause(LOST_PAUSE, undefined, { ref: false });
      }
    }
    return undefined;
  }

  private async repairNow(before: UploadRecord): Promise<void> {
    const after = (await this.uploads.repair(before.id))?.record;
    if (after?.state === 'finished') this.report.finished += 1;
    else if (after?.state === 'expired' && isFinal(before)) this.report.halfBuilt += 1;
    else if (after?.state === 'receiving' && before.unverifiedFrom !== undefined) {
      this.report.cut += 1;
    }
  }
}

/** Uploads looked at together. */
const PAGE = 64;

/** Milliseconds until a folder that is lost is looked for again. */
const LOST_PAUSE = 1000;
