import { mkdir, realpath } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import { open } from 'lmdb';
import type { RootDatabase } from 'lmdb';
import { AsideTable } from './aside-table.js';
import { Damage } from './damage.js';
import { DeliveryTable } from './delivery-table.js';
import { explainFailure } from './lmdb.errors.js';
import { MemberTable } from './member-table.js';
import { refuseNetworkFileSystem } from './network-file-system.js';
import { checkReadiness } from './readiness.js';
import { syncFolder } from './sync-folder.js';
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
  /** Rows that could not be read, kept for people. */
  readonly aside: AsideTable;
  readonly damage: Damage;
}

/** Told which rows could not be read, in words for people. */
export type DamageListener = (rows: readonly string[]) => void;

/** Milliseconds between two repairs: one that fails, as on a full disk, is not to be made by every read. */
const REPAIR_PAUSE = 60_000;

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
  private readonly listeners = new Set<DamageListener>();
  private repairedAt = -Infinity;

  private constructor(
    private readonly folder: string,
    private readonly durable: boolean,
  ) {}

  /**
   * Opens the environment in a folder, which is made when it is not there.
   *
   * @param durable whether a write resolves only when it is on disk; without it a lost machine may
   * lose the last writes, and leave an environment that cannot be opened any more
   * @param onDamage told once of rows that could not be read; they are kept aside by then
   * @throws Error on a network file system, when what is there is damaged, or when it is open with
   * another durability
   * @throws NoSpaceError when there is no room for it.
   */
  static async acquire(
    folder: string,
    durable: boolean,
    onDamage?: DamageListener,
  ): Promise<LmdbEnvironment> {
    try {
      await mkdir(folder, { recursive: true });
      await refuseNetworkFileSystem(folder);
      await checkReadiness(folder);
      const environment = LmdbEnvironment.share(await realpath(folder), durable);
      await environment.start();
      if (onDamage) environment.listeners.add(onDamage);
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

  /**
   * Reads from the latest snapshot, what another process just wrote included.
   *
   * What it meets that cannot be read is seen to first, so that the rest is told whole.
   */
  async read<T>(work: (tables: Tables) => T): Promise<T> {
    const { root, tables, damage } = this.ready ?? (await this.opened());
    root.resetReadTxn();
    const found = work(tables);
    if (!damage.isFound) return found;
    return (await this.hasRepaired(damage)) ? this.read(work) : found;
  }

  /**
   * Runs a piece of work in a write transaction that concurrent writers share.
   *
   * A row that it cannot read is none to it, and is kept aside in the same transaction.
   *
   * What it wrote before it threw would be committed, so it must make all its checks first.
   *
   * @throws NoSpaceError when there is no room; nothing was changed then.
   */
  write<T>(work: (tables: Tables) => T): Promise<T> {
    return this.queue.add(work);
  }

  /** Waits for running writes, and closes the environment when this was its last user. */
  async release(onDamage?: DamageListener): Promise<void> {
    if (onDamage) this.listeners.delete(onDamage);
    this.users--;
    await this.queue.idle();
    if (this.users === 0) await this.close();
    if (this.users === 0) shared.delete(this.folder);
  }

  private async start(): Promise<void> {
    try {
      await this.opened();
      if (this.durable) await syncFolder(this.folder);
      await this.assertWhole();
    } catch (error) {
      await this.release();
      throw error;
    }
  }

  /** What an order does not lead to would never be found: it may be of an earlier version. */
  private async assertWhole(): Promise<void> {
    const { tables, damage } = await this.opened();
    if (tables.deliveries.isWhole) return;
    damage.note();
    await this.write(() => undefined);
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
    const store = await this.opened();
    const { root, tables, damage } = store;
    let damaged: string[] = [];
    try {
      await root.transaction(() => {
        work(tables);
        if (damage.isFound) damaged = this.repair(store);
        damage.forget();
        tables.usage.flush();
      });
      if (damaged.length > 0) for (const tell of this.listeners) tell(damaged);
    } catch (error) {
      tables.usage.reset();
      const reason = await explainFailure(error, this.folder);
      // LMDB refuses further writes, without a word, once its own root page could not be written.
      await this.close();
      throw reason;
    }
  }

  private get mayRepair(): boolean {
    return performance.now() - this.repairedAt > REPAIR_PAUSE;
  }

  /** Lets the next transaction see to what was found. */
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
  private repair({ tables, aside }: Store): string[] {
    const { uploads, deliveries, usage } = tables;
    if (!this.mayRepair) return [];
    this.repairedAt = performance.now();
    const damaged = [...uploads.repair(aside), ...deliveries.repair(aside)];
    damaged.push(...usage.repair(uploads.all(), aside));
    return damaged;
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
  const damage = new Damage();
  try {
    return {
      root,
      tables: {
        uploads: new UploadTable(root, damage),
        deliveries: new DeliveryTable(root, damage),
        usage: new UsageTable(root, damage),
        members: new MemberTable(root),
      },
      aside: new AsideTable(root),
      damage,
    };
  } catch (error) {
    void root.close();
    throw error;
  }
}
