import { mkdir, realpath } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { open } from 'lmdb';
import type { RootDatabase } from 'lmdb';
import { StorageFaultError } from '../../errors/index.js';
import { syncFolder } from '../../file-system/index.js';
import type { RegistryObserver } from '../registry.interface.js';
import { DeliveryTable } from './delivery-table.js';
import { explainFailure, isFaultOfDisk } from './lmdb.errors.js';
import { placeLockFile } from './lock-file.js';
import { hasOtherUsers, isFaulty, markFaulty, replaceByCopy } from './lmdb.repair.js';
import { MemberTable } from './member-table.js';
import { refuseNetworkFileSystem } from './network-file-system.js';
import { checkReadiness, RegistryDamagedError, shorten } from './readiness.js';
import { UploadTable } from './upload-table.js';
import { UsageTable } from './usage-table.js';
import { WriteQueue } from './write-queue.js';

/** The tables of a registry. */
export interface Tables {
  readonly uploads: UploadTable;
  readonly deliveries: DeliveryTable;
  readonly usage: UsageTable;
  readonly members: MemberTable;
}

interface Store {
  readonly root: RootDatabase;
  readonly tables: Tables;
}

/** Milliseconds until a repair that failed is tried again. */
const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 60_000;

/** The environments open in this process, by folder. */
const shared = new Map<string, LmdbEnvironment>();

/**
 * One LMDB environment, shared by all who open the same folder in this process.
 *
 * It is shared because opening one a second time blocks the thread until a write transaction of
 * the first is over, which itself waits for that thread.
 */
export class LmdbEnvironment {
  private readonly queue = new WriteQueue<Tables>((work) => this.transact(work));
  private readonly observers = new Set<RegistryObserver>();
  private store?: Store;
  private closing?: Promise<void>;
  private users = 0;
  /** Why nothing is written, after the disk has failed. */
  private fault?: StorageFaultError;
  private repairing?: Promise<void>;

  private constructor(
    private readonly folder: string,
    private readonly durable: boolean,
  ) {}

  /**
   * Opens the environment in a folder, which is made when it is not there.
   *
   * @param durable whether a write resolves only when it is on disk; without it a lost machine may
   * lose the last writes, and leave an environment that cannot be opened any more
   * @param observer told when the disk fails, and when what it may have lost is repaired
   * @throws Error on a network file system, when what is there is damaged, or when it is open with
   * another durability
   * @throws NoSpaceError when there is no room for it.
   */
  static async acquire(
    folder: string,
    durable: boolean,
    observer?: RegistryObserver,
  ): Promise<LmdbEnvironment> {
    try {
      await mkdir(folder, { recursive: true });
      await refuseNetworkFileSystem(folder);
      await placeLockFile(folder);
      const { shortLength } = await checkReadiness(folder);
      const environment = LmdbEnvironment.share(await realpath(folder), durable);
      if (observer) environment.observers.add(observer);
      await environment.start(shortLength);
      return environment;
    } catch (error) {
      throw await explainFailure(error, folder);
    }
  }

  private static share(path: string, durable: boolean): LmdbEnvironment {
    const environment = shared.get(path) ?? new LmdbEnvironment(path, durable);
    if (environment.durable !== durable) {
      throw new Error(`The upload registry in ${path} is open with another durability.`);
    }
    environment.users++;
    shared.set(path, environment);
    return environment;
  }

  /** Reads from the latest snapshot, what another process just wrote included. */
  async read<T>(work: (tables: Tables) => T): Promise<T> {
    const { root, tables } = this.ready ?? (await this.opened());
    root.resetReadTxn();
    return work(tables);
  }

  /**
   * Runs a piece of work in a write transaction that concurrent writers share.
   *
   * What it wrote before it threw would be committed, so it must make all its checks first.
   *
   * @throws NoSpaceError when there is no room; nothing was changed then
   * @throws StorageFaultError when the disk has failed, from then on until a repair
   */
  write<T>(work: (tables: Tables) => T): Promise<T> {
    return this.queue.add(work);
  }

  /** Waits for running writes, and closes the environment when this was its last user. */
  async release(): Promise<void> {
    this.users--;
    await this.queue.idle();
    if (this.users === 0) await this.repairing;
    if (this.users === 0) await this.close();
    if (this.users === 0) shared.delete(this.folder);
  }

  /** @param shortLength bytes that its file had, if all of it is to be read to see that it is whole */
  private async start(shortLength?: number): Promise<void> {
    try {
      const { root } = await this.opened();
      if (shortLength !== undefined) await this.assertWhole(root, shortLength);
      if (await isFaulty(this.folder)) await this.repairAtStart(root);
      if (this.durable) await syncFolder(this.folder);
    } catch (error) {
      await this.release();
      throw error;
    }
  }

  private async assertWhole(root: RootDatabase, shortLength: number): Promise<void> {
    try {
      readAll(root);
    } catch (cause) {
      await shorten(this.folder, shortLength);
      throw new RegistryDamagedError(this.folder, 'is damaged: its file was cut off', { cause });
    }
  }

  private get ready(): Store | undefined {
    return this.closing ? undefined : this.store;
  }

  private async opened(): Promise<Store> {
    while (this.closing) await this.closing;
    this.store ??= openStore(this.folder, this.durable);
    return this.store;
  }

  private async transact(work: (tables: Tables) => void): Promise<void> {
    if (this.fault) throw this.fault;
    const { root, tables } = await this.opened();
    try {
      await root.transaction(() => {
        work(tables);
        tables.usage.flush();
      });
    } catch (error) {
      tables.usage.reset();
      const reason = await explainFailure(error, this.folder);
      // LMDB refuses further writes, without a word, once its own root page could not be written.
      await this.close();
      throw isFaultOfDisk(reason) ? await this.distrust(reason) : reason;
    }
  }

  /** What a commit that failed may have cost does not show, and the next one says nothing of it. */
  private async distrust(cause: unknown): Promise<StorageFaultError> {
    this.fault = new StorageFaultError({ cause });
    await markFaulty(this.folder);
    for (const observer of this.observers) observer.faulted(cause);
    this.repairing = this.repair().finally(() => (this.repairing = undefined));
    return this.fault;
  }

  /** Other processes that have the file open would go on with it, so it stays until they end. */
  private async repair(): Promise<void> {
    for (let wait = FIRST_PAUSE; this.users > 0; wait = Math.min(2 * wait, LONGEST_PAUSE)) {
      const isDone = await this.tryRepair().catch(() => false);
      if (isDone) return;
      await pause(wait, undefined, { ref: false });
    }
  }

  private async tryRepair(): Promise<boolean> {
    const { root } = await this.opened();
    if (hasOtherUsers(root)) return false;
    await replaceByCopy(this.folder, root, readThrough);
    await this.close();
    this.fault = undefined;
    for (const observer of this.observers) observer.repaired();
    return true;
  }

  private async repairAtStart(root: RootDatabase): Promise<void> {
    if (hasOtherUsers(root)) throw new Error(faultyAndInUse(this.folder));
    await replaceByCopy(this.folder, root, readThrough);
    await this.close();
    await this.opened();
  }

  private async close(): Promise<void> {
    const { store } = this;
    this.store = undefined;
    if (store) this.closing = store.root.close().finally(() => (this.closing = undefined));
    await this.closing;
  }
}

function openStore(path: string, durable: boolean): Store {
  const root = open({
    path,
    noSubdir: false,
    noSync: !durable,
    // A commit is seen by readers only when it is on disk.
    overlappingSync: false,
    // Batching makes a promise nobody can handle, which ends the process when a commit fails.
    eventTurnBatching: false,
  });
  try {
    return {
      root,
      tables: {
        uploads: new UploadTable(root),
        deliveries: new DeliveryTable(root),
        usage: new UsageTable(root),
        members: new MemberTable(root),
      },
    };
  } catch (error) {
    void root.close();
    throw error;
  }
}

/** Reads a copy, which nobody else uses. */
async function readThrough(folder: string): Promise<void> {
  const { root } = openStore(folder, true);
  try {
    readAll(root);
  } finally {
    await root.close();
  }
}

function faultyAndInUse(folder: string): string {
  return (
    `The disk has failed to store what is known of uploads, and other processes still use ` +
    `${folder}. End all of them, then start again.`
  );
}

/** Reads everything that is there. */
function readAll(root: RootDatabase): void {
  const names = Array.from(root.getKeys(), String);
  for (const name of names) {
    const table = root.openDB({ name, encoding: 'binary', keyEncoding: 'binary' });
    for (const _row of table.getRange());
  }
}
