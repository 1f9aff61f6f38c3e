import { realpath } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import type { RootDatabase } from 'lmdb';
import { makeOwnFolder, type FolderCheck } from '../../folder/index.js';
import type { RegistryObserver } from '../registry.interface.js';
import { UnreadableTable } from './unreadable-table.js';
import { Damage } from './damage.js';
import { DeliveryTable } from './delivery-table.js';
import { FenceTable } from './fence-table.js';
import { FaultGuard, type GuardedEnvironment } from './fault-guard.js';
import { loadLmdb, type Lmdb } from './load-lmdb.js';
import { assertRoom, explainFailure, explainOpening, isFaultOfDisk } from './lmdb.errors.js';
import { fillLockFile, placeLockFile } from './lock-file.js';
import { MemberTable } from './member-table.js';
import { openRoot } from './open-root.js';
import { refuseNetworkFileSystem } from './network-file-system.js';
import { checkReadiness } from './readiness.js';
import { UploadTable } from './upload-table.js';
import { UsageTable } from './usage-table.js';
import { WriteQueue } from './write-queue.js';

/** The tables of a registry. */
export interface Tables {
  readonly uploads: UploadTable;
  readonly deliveries: DeliveryTable;
  readonly usage: UsageTable;
  readonly members: MemberTable;
  readonly fences: FenceTable;
}

interface Store {
  readonly root: RootDatabase;
  readonly tables: Tables;
  /** Rows that could not be read, kept for people. */
  readonly unreadable: UnreadableTable;
  readonly damage: Damage;
}

/** Who hears of an environment, and looks after it. */
export interface Attendants {
  readonly observer?: RegistryObserver;
  readonly watch?: FolderCheck;
}

/**
 * Milliseconds between two repairs, so that not every read tries one that fails, as on a full disk.
 */
const REPAIR_PAUSE = 60_000;

/** Milliseconds for which a write waits for those of other processes before that is told. */
const LONG_WAIT = 3000;

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
  private store?: Store;
  private closing?: Promise<void>;
  private users = 0;
  private readonly observers = new Set<RegistryObserver>();
  private readonly guard: FaultGuard;
  private repairedAt = -Infinity;

  private constructor(
    private readonly lmdb: Lmdb,
    private readonly folder: string,
    private readonly durable: boolean,
    private readonly watch?: FolderCheck,
  ) {
    this.guard = new FaultGuard(this.guarded());
  }

  /**
   * Opens the environment in a folder, which is made when it is not there.
   *
   * @param durable whether a write resolves only when it is on disk; without it a lost machine may
   *   lose the last writes, and leave an environment that cannot be opened any more
   * @param attendants an observer, told of a disk that fails and of rows that could not be read;
   *   and a watch that knows whether the folder is still the one it was, without which it is taken
   *   to be
   * @throws UnfitFolderError on a network file system, when what is there is damaged, and when as
   *   many processes as can be have it open
   * @throws LmdbUnavailableError
   * @throws Error when it is open with another durability
   * @throws NoSpaceError when there is no room for it.
   */
  static async acquire(
    folder: string,
    durable: boolean,
    { observer, watch }: Attendants = {},
  ): Promise<LmdbEnvironment> {
    const lmdb = await loadLmdb();
    try {
      await makeOwnFolder(folder);
      await refuseNetworkFileSystem(folder);
      await placeLockFile(folder);
      await checkReadiness(folder);
      await fillLockFile(folder);
      const path = await realpath(folder);
      const environment = shared.get(path) ?? new LmdbEnvironment(lmdb, path, durable, watch);
      environment.share(durable);
      if (observer) environment.observers.add(observer);
      await environment.start();
      return environment;
    } catch (error) {
      throw await explainOpening(error, folder);
    }
  }

  private share(durable: boolean): void {
    if (this.durable !== durable) {
      throw new Error(`The upload registry in ${this.folder} is open with another durability.`);
    }
    this.users++;
    shared.set(this.folder, this);
  }

  /**
   * Reads from the latest snapshot, what another process just wrote included.
   *
   * Rows that cannot be read are repaired first, so that the answer is complete.
   *
   * @throws FolderLostError
   */
  async read<T>(work: (tables: Tables) => T): Promise<T> {
    const { root, tables, damage } = this.ready ?? (await this.opened());
    root.resetReadTxn();
    const found = work(tables);
    await this.watch?.confirm();
    if (!damage.isFound) return found;
    return (await this.hasRepaired(damage)) ? this.read(work) : found;
  }

  /**
   * Reads synchronously: from the latest snapshot, or from the write transaction that is under way.
   * What was read before must not be used after this.
   *
   * @returns `undefined` while the environment is not open
   */
  peek<T>(work: (tables: Tables) => T): T | undefined {
    if (!this.ready) return undefined;
    const { root, tables } = this.ready;
    root.resetReadTxn();
    return work(tables);
  }

  /**
   * Runs a piece of work in a write transaction that concurrent writers share.
   *
   * A row that it cannot read counts as missing to it, and is put aside in the same transaction.
   *
   * What it wrote before it threw would be committed, so it must make all its checks first.
   *
   * @throws NoSpaceError when there is no room; nothing was changed then
   * @throws StorageFaultError when the disk has failed, until all is in a new file
   * @throws FolderLostError when what was written would not be found, or may not be found, again
   */
  write<T>(work: (tables: Tables) => T): Promise<T> {
    return this.queue.add(work);
  }

  /** Waits for running writes, and closes the environment when this was its last user. */
  async release(observer?: RegistryObserver): Promise<void> {
    if (observer) this.observers.delete(observer);
    this.users--;
    await this.queue.idle();
    if (this.users === 0) await this.guard.idle();
    if (this.users === 0) await this.close();
    if (this.users === 0) shared.delete(this.folder);
  }

  private async start(): Promise<void> {
    try {
      await this.guard.renewAtStart();
      const { tables } = await this.opened();
      // To read takes a place among the readers, of which there may be none left.
      tables.members.get();
      if (this.durable) await this.guard.syncNames();
      await this.assertOrdered();
    } catch (error) {
      await this.release();
      throw error;
    }
  }

  /** What an order does not lead to would never be found: it may be of an earlier version. */
  private async assertOrdered(): Promise<void> {
    const { tables, damage } = await this.opened();
    if (tables.deliveries.isWhole) return;
    damage.note();
    await this.write(() => undefined);
  }

  /** The environment as its guard sees it. */
  private guarded(): GuardedEnvironment {
    return {
      folder: this.folder,
      isUsed: () => this.users > 0,
      open: async () => (await this.opened()).root,
      close: () => this.close(),
      replaced: () => this.watch?.replaced(),
      assertWhole: (copy) => this.readThrough(copy),
      faulted: (cause) => this.tell((observer) => observer.faulted(cause)),
      repaired: () => this.tell((observer) => observer.repaired()),
    };
  }

  private get ready(): Store | undefined {
    return this.closing ? undefined : this.store;
  }

  private async opened(): Promise<Store> {
    while (this.closing) await this.closing;
    this.store ??= this.openStore();
    return this.store;
  }

  private async transact(work: (tables: Tables) => void): Promise<void> {
    this.guard.assertSound();
    const store = await this.opened();
    const { root, tables, damage } = store;
    let damaged: string[] = [];
    await this.watch?.look();
    // Some microseconds for each flush of the disk.
    assertRoom(this.folder);
    const waiting = setTimeout(
      () => this.tell((observer) => observer.blocked()),
      LONG_WAIT,
    ).unref();
    try {
      await root.transaction(() => {
        clearTimeout(waiting);
        work(tables);
        if (damage.isFound) damaged = this.repair(store);
        damage.forget();
        tables.usage.flush();
      });
      if (damaged.length > 0) this.tell((observer) => observer.damaged(damaged));
    } catch (error) {
      tables.usage.reset();
      const reason = await explainFailure(error, this.folder);
      // LMDB refuses further writes, without a word, once its own root page could not be written.
      await this.close();
      throw isFaultOfDisk(reason) ? await this.guard.distrust(reason) : reason;
    } finally {
      clearTimeout(waiting);
    }
    await this.watch?.look();
  }

  private tell(told: (observer: RegistryObserver) => void): void {
    for (const observer of this.observers) told(observer);
  }

  private get mayRepair(): boolean {
    return performance.now() - this.repairedAt > REPAIR_PAUSE;
  }

  /** Lets the next transaction repair what was found. */
  private async hasRepaired(damage: Damage): Promise<boolean> {
    if (!this.mayRepair) {
      damage.forget();
      return false;
    }
    return this.write(() => undefined).then(
      () => true,
      () => false,
    );
  }

  /**
   * Puts all rows aside that cannot be read, and makes anew what follows from the others: orders and
   * sums. It walks the whole registry, in one transaction, which hardly ever happens.
   *
   * @returns which rows these were
   */
  private repair({ tables, unreadable }: Store): string[] {
    const { uploads, deliveries, usage } = tables;
    if (!this.mayRepair) return [];
    this.repairedAt = performance.now();
    const damaged = [...uploads.repair(unreadable), ...deliveries.repair(unreadable)];
    damaged.push(...usage.repair(uploads.all(), unreadable));
    return damaged;
  }

  private async close(): Promise<void> {
    const { store } = this;
    this.store = undefined;
    if (store) this.closing = store.root.close().finally(() => (this.closing = undefined));
    await this.closing;
  }

  /** A failed environment is opened again where it was, and not made anew elsewhere. */
  private openStore(): Store {
    this.watch?.assertSame();
    return tablesOf(openRoot(this.lmdb, { path: this.folder, noSync: !this.durable }));
  }

  /** Reads a copy, which no other uses. */
  private async readThrough(folder: string): Promise<void> {
    const root = openRoot(this.lmdb, { path: folder });
    try {
      readAll(root);
    } finally {
      await root.close();
    }
  }
}

function tablesOf(root: RootDatabase): Store {
  const damage = new Damage();
  try {
    return {
      root,
      tables: {
        uploads: new UploadTable(root, damage),
        deliveries: new DeliveryTable(root, damage),
        usage: new UsageTable(root, damage),
        members: new MemberTable(root),
        fences: new FenceTable(root),
      },
      unreadable: new UnreadableTable(root),
      damage,
    };
  } catch (error) {
    void root.close();
    throw error;
  }
}

/** Reads everything that is there. */
function readAll(root: RootDatabase): void {
  const names = Array.from(root.getKeys(), String);
  for (const name of names) {
    const table = root.openDB({ name, encoding: 'binary', keyEncoding: 'binary' });
    for (const _row of table.getRange());
  }
}
