import { setTimeout as pause } from 'node:timers/promises';
import type { RootDatabase } from 'lmdb';
import { StorageFaultError, UnfitFolderError } from '../../errors/index.js';
import { syncFolder } from '../../file-system/index.js';
import {
  hasOtherUsers,
  isFaulty,
  markFaulty,
  replaceByCopy,
  type Replaceable,
} from './lmdb.repair.js';

/** Milliseconds until a renewal that failed is tried again. */
const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 60_000;

/** The environment that is guarded. */
export interface GuardedEnvironment extends Replaceable {
  /** Whether anyone in this process still uses it. */
  isUsed(): boolean;
  open(): Promise<RootDatabase>;
  close(): Promise<void>;
  faulted(cause: unknown): void;
  repaired(): void;
}

/**
 * Keeps an environment from being written to after its disk has failed, until all of it is in a new
 * file.
 *
 * What a commit that failed has cost does not show, and the next commit says nothing of it.
 */
export class FaultGuard {
  private fault?: StorageFaultError;
  private renewing?: Promise<void>;

  constructor(private readonly environment: GuardedEnvironment) {}

  /** @throws StorageFaultError from a fault on, until the environment is renewed */
  assertSound(): void {
    if (this.fault) throw this.fault;
  }

  /** Notes a fault, and begins to renew the environment. */
  async distrust(cause: unknown): Promise<StorageFaultError> {
    this.fault = new StorageFaultError({ cause });
    await markFaulty(this.environment.folder);
    this.environment.faulted(cause);
    this.renewing = this.renew().finally(() => (this.renewing = undefined));
    return this.fault;
  }

  /** Renews an environment whose last user was not able to. */
  async renewAtStart(): Promise<void> {
    const { folder } = this.environment;
    if (!(await isFaulty(folder)) || (await this.tryRenewal())) return;
    throw new UnfitFolderError(
      `The disk has failed to store what is known of uploads, and other processes still use ` +
        `${folder}. End all of them, then start again.`,
    );
  }

  /**
   * Makes the names of the environment's files durable.
   *
   * @throws Error of the system; the next start then renews them, for the next flush would say nothing
   */
  async syncNames(): Promise<void> {
    const { folder } = this.environment;
    try {
      await syncFolder(folder);
    } catch (error) {
      await markFaulty(folder);
      throw error;
    }
  }

  /** Waits for a renewal under way. */
  async idle(): Promise<void> {
    await this.renewing;
  }

  /** Other processes that have the file open would go on with it, so it stays until they end. */
  private async renew(): Promise<void> {
    for (
      let wait = FIRST_PAUSE;
      this.environment.isUsed();
      wait = Math.min(2 * wait, LONGEST_PAUSE)
    ) {
      if (await this.tryRenewal().catch(() => false)) return this.environment.repaired();
      await pause(wait, undefined, { ref: false });
    }
  }

  private async tryRenewal(): Promise<boolean> {
    const { environment } = this;
    const root = await environment.open();
    if (hasOtherUsers(root)) return false;
    await replaceByCopy(root, environment);
    await environment.close();
    this.fault = undefined;
    return true;
  }
}
