import { assertNotLost, UploadFencedError, UploadIdTakenError } from '../../errors/index.js';
import type { Fence } from '../../errors/index.js';
import { checkChange } from '../check-change.js';
import { checkName } from '../names.js';
import { OpenStore } from '../open-store.js';
import { pageLimit, toPage } from '../paging.js';
import type { DeliveryKey, DeliveryOutcome, DeliveryRecord } from '../delivery-record.interface.js';
import type {
  DeliveryQuery,
  DueTerms,
  Page,
  UploadChange,
  UploadQuery,
  UploadRegistry,
  Usages,
} from '../registry.interface.js';
import type { UploadRecord } from '../upload-record.interface.js';
import {
  mostConnectionsOf,
  placeOf,
  poolOf,
  Database,
  type Queryable,
  type PgResult,
  type PostgresOptions,
  type DatabaseObserver,
  type PgQuery,
} from '../../postgres/index.js';
import { CountedUsages, NotCountedError } from './counted-usages.js';
import { DELIVERIES } from './delivery-columns.js';
import { deliveryPosition, DeliveryStatements } from './delivery-statements.js';
import { migrate } from './migrate.js';
import { DEFAULT_SCHEMA } from './migrations.js';
import { checkServer, checkStatements, explainOpening } from './opening.js';
import { Tables } from './tables.js';
import { UPLOADS } from './upload-columns.js';
import { UploadInserts } from './upload-inserts.js';
import { UploadLookups } from './upload-lookups.js';
import { foundUpload, UploadStatements, type FoundUpload } from './upload-statements.js';
import { UsageStatements } from './usage-statements.js';

/** How often a change is tried without a lock: seldom do two processes change one upload at once. */
const TRIES_WITHOUT_LOCK = 3;

/** Knows of which uploads this process has the lease, and of which epoch it is. */
export interface Epochs {
  /** `undefined` for one that it has no lease of. */
  epochOf(id: string): number | undefined;

  /** Resolves when other processes can see the lease of a new upload; `undefined` when they can. */
  written?(id: string): Promise<void> | undefined;
}

/** What a `PostgresRegistry` promises, and who tells it what this process has. */
export interface PostgresRegistryContext {
  /**
   * Whether a write resolves only when it is on the database's disk, as far as the database itself says
   * so (`synchronous_commit`, `fsync`). Without it, its crash may cost the last writes, and no others.
   */
  readonly durable: boolean;
  /** Knows which uploads are another process's by now; none unless given. */
  readonly fence?: Fence;
  /** Knows the epochs of leases; writes are not checked for one unless given. */
  readonly epochs?: Epochs;
  /** Told when the database is not reached, and when it is again. */
  readonly observer?: DatabaseObserver;
  /** Name of this process, by which its connections are told apart. */
  readonly process?: string;
}

/** What it works with while it is open. */
interface Opened {
  readonly database: Database;
  readonly lookups: UploadLookups;
  readonly inserts: UploadInserts;
}

/**
 * The registry of several machines: tables in a PostgreSQL database, 12 or later.
 *
 * Nearly every step is a single statement, so that a process that is stopped in the middle of one keeps
 * no row from others.
 */
export class PostgresRegistry implements UploadRegistry, Queryable {
  private readonly uploads: UploadStatements;
  private readonly deliveriesOf: DeliveryStatements;
  private readonly usages: UsageStatements;
  private readonly schema: string;
  private readonly store = new OpenStore<Opened>(
    () => this.connect(),
    (opened) => close(opened),
  );

  constructor(
    private readonly options: PostgresOptions,
    private readonly context: PostgresRegistryContext,
  ) {
    this.schema = options.schema ?? DEFAULT_SCHEMA;
    const tables = new Tables(this.schema, context.durable);
    this.uploads = new UploadStatements(tables);
    this.deliveriesOf = new DeliveryStatements(tables);
    this.usages = new UsageStatements(this.schema);
  }

  /**
   * Connects, and makes the tables where they are not there or are of an earlier version.
   *
   * @throws UnfitDatabaseError when the database is not there, cannot be used, or has tables of another
   *   version that are not to be changed
   * @throws PgUnavailableError when the package "pg" is not installed
   */
  open(): Promise<void> {
    return this.store.open();
  }

  close(): Promise<void> {
    return this.store.close();
  }

  /** What tells this registry from all others; a copy of its tables is the same. */
  async identity(): Promise<string> {
    const { rows } = await this.query({ text: `SELECT id FROM "${this.schema}".registry` });
    return rows[0]?.id as string;
  }

  async get(id: string): Promise<UploadRecord | undefined> {
    return (await this.store.current.lookups.find(id))?.record;
  }

  async create(
    record: UploadRecord,
    admit?: (usages: Usages) => UploadRecord,
    deliveries?: readonly DeliveryRecord[],
  ): Promise<UploadRecord> {
    // No process is to find the record, and not who has it.
    await this.context.epochs?.written?.(record.id);
    if (!admit) return this.insert(this.store.current.inserts, { record, deliveries });
    return this.opened.transaction(async (connection) => {
      const usages = new CountedUsages(this.usages, record.owner);
      const admitted = await usages.decide(connection, () => admit(usages));
      const inserts = new UploadInserts(connection, this.uploads);
      return this.insert(inserts, { record: admitted, deliveries });
    });
  }

  async usage(owner: string | undefined): Promise<Usages> {
    const [own, all] = await Promise.all([
      this.opened.query(this.usages.count('own', owner)),
      this.opened.query(this.usages.count('all', owner)),
    ]);
    return { own: this.usages.usageOf(own), all: this.usages.usageOf(all) };
  }

  /**
   * @throws TypeError when the decision gives the record another id, or brings another's delivery
   * @throws RangeError when a handler's name has more than 512 bytes, or control characters.
   */
  async change(
    id: string,
    decide: (record: UploadRecord, usages: () => Usages) => UploadChange | undefined,
  ): Promise<UploadRecord | undefined> {
    // As it begins: what it does under a lease that was lost must not count under a later one.
    const epoch = this.epochOf(id);
    for (let tries = 0; tries < TRIES_WITHOUT_LOCK; tries++) {
      const found = await this.find(id, epoch);
      const change = found && decideUncounted(found.record, decide);
      if (change === 'to be counted') break;
      if (!found || !change) return found?.record;
      if (await this.apply(this.opened, change, found)) return change.record;
    }
    return this.changeLocked(id, decide, epoch);
  }

  async forget(id: string, dueAt: number): Promise<void> {
    assertNotLost(this.context.fence, id);
    const epoch = this.epochOf(id);
    const { rowCount } = await this.opened.query(this.uploads.forget(id, dueAt, epoch));
    if (rowCount === 0) await this.find(id, epoch);
  }

  async due(until: number, limit: number): Promise<UploadRecord[]> {
    const { rows } = await this.opened.query(this.uploads.due(until, pageLimit(limit)));
    return rows.map((row) => UPLOADS.recordOf(row));
  }

  async endedBefore(last: number, owner: string | undefined): Promise<UploadRecord[]> {
    const { rows } = await this.opened.query(this.uploads.endedBefore(last, owner));
    return rows.map((row) => UPLOADS.recordOf(row)).reverse();
  }

  /** @throws RangeError for a cursor of another listing, or a limit that is not positive. */
  async list(query: UploadQuery): Promise<Page<UploadRecord>> {
    const limit = pageLimit(query.limit);
    const { rows } = await this.opened.query(this.uploads.list(query, limit + 1));
    const found = rows.map((row) => ({ row: UPLOADS.recordOf(row) }));
    return toPage(found, limit, ({ row: { state, createdAt, id } }) => [state, createdAt, id]);
  }

  /** @throws RangeError for a cursor of another listing, or a limit that is not positive. */
  async deliveries(query: DeliveryQuery): Promise<Page<DeliveryRecord>> {
    const limit = pageLimit(query.limit);
    const { rows } = await this.opened.query(this.deliveriesOf.list(query, limit + 1));
    const found = rows.map((row) => ({ row: DELIVERIES.recordOf(row) }));
    return toPage(found, limit, ({ row }) => deliveryPosition(query, row));
  }

  async dueDeliveries(
    until: number,
    termsOf: (handler: string) => DueTerms,
  ): Promise<DeliveryRecord[]> {
    const handlers = (await this.waiting()).map(({ handler }) => handler);
    if (handlers.length === 0) return [];
    const wanted = handlers.map((handler) => ({ handler, terms: termsOf(handler) }));
    const { rows } = await this.opened.query(this.deliveriesOf.due(until, wanted));
    return rows.map((row) => DELIVERIES.recordOf(row));
  }

  async nextDeliveryAt(counts = (_handler: string) => true): Promise<number | undefined> {
    const times = (await this.waiting())
      .filter(({ handler }) => counts(handler))
      .map(({ dueAt }) => dueAt);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** @throws RangeError when the holder's name has more than 512 bytes, or control characters. */
  async claimDelivery(
    key: DeliveryKey,
    holder: string,
    now: number,
  ): Promise<DeliveryRecord | undefined> {
    checkName('holder', holder);
    const { rows } = await this.opened.query(this.deliveriesOf.claim(key, holder, now));
    return rows[0] && DELIVERIES.recordOf(rows[0]);
  }

  async settleDelivery(
    key: DeliveryKey & { readonly attempt?: number },
    holder: string,
    outcome: DeliveryOutcome,
  ): Promise<boolean> {
    return hasRow(await this.opened.query(this.deliveriesOf.settle(key, holder, outcome)));
  }

  async reviveDeliveries(
    uploadId: string,
    handler: string | undefined,
    now: number,
  ): Promise<number> {
    const { rowCount } = await this.opened.query(this.deliveriesOf.revive(uploadId, handler, now));
    return rowCount ?? 0;
  }

  async releaseDeliveries(
    isGone: (holder: string) => boolean | Promise<boolean>,
    now: number,
  ): Promise<number> {
    let released = 0;
    const { rows } = await this.opened.query(this.deliveriesOf.holders());
    for (const { holder } of rows as readonly { holder: string }[]) {
      if (!(await isGone(holder))) continue;
      const { rowCount } = await this.opened.query(this.deliveriesOf.release(holder, now));
      released += rowCount ?? 0;
    }
    return released;
  }

  /**
   * Runs a statement on any of its connections.
   *
   * @throws NoSpaceError, RegistryUnavailableError
   */
  query(query: PgQuery): Promise<PgResult> {
    return this.opened.query(query);
  }

  private get opened(): Database {
    return this.store.current.database;
  }

  private epochOf(id: string): number | undefined {
    return this.context.epochs?.epochOf(id);
  }

  private async connect(): Promise<Opened> {
    const { options, schema } = this;
    const pool = await poolOf(options, this.context.process);
    const isOwn = options.pool === undefined;
    const { durable, observer } = this.context;
    const database = new Database({ pool, isOwn, durable, observer });
    try {
      await checkServer(database);
      if (mostConnectionsOf(options) !== 1) await checkStatements(database, `${schema}.probe`);
      await migrate(database, schema, options.migrate ?? true);
      const lookups = new UploadLookups(database, this.uploads);
      return { database, lookups, inserts: new UploadInserts(database, this.uploads) };
    } catch (error) {
      await database.close();
      throw explainOpening(error, placeOf(options));
    }
  }

  private async insert(inserts: UploadInserts, change: UploadChange): Promise<UploadRecord> {
    const { record, deliveries } = change;
    checkChange(record.id, change);
    if (await inserts.insert(record, deliveries)) return record;
    throw new UploadIdTakenError(record.id);
  }

  /** @throws UploadFencedError when the upload is another process's by now */
  private async find(
    id: string,
    epoch = Infinity,
    find = (wanted: string) => this.store.current.lookups.find(wanted),
  ): Promise<FoundUpload | undefined> {
    assertNotLost(this.context.fence, id);
    const found = await find(id);
    if (found && found.epoch > epoch) throw new UploadFencedError(id);
    return found;
  }

  private changeLocked(
    id: string,
    decide: (record: UploadRecord, usages: () => Usages) => UploadChange | undefined,
    epoch = Infinity,
  ): Promise<UploadRecord | undefined> {
    return this.opened.transaction(async (connection) => {
      const found = await this.find(id, epoch, (wanted) => this.lock(connection, wanted));
      if (!found) return undefined;
      const { record } = found;
      const usages = new CountedUsages(this.usages, record.owner);
      const change = await usages.decide(connection, () => decide(record, () => usages));
      if (!change) return record;
      await this.apply(connection, change, found);
      return change.record;
    });
  }

  private async lock(connection: Queryable, id: string): Promise<FoundUpload | undefined> {
    const [row] = (await connection.query(this.uploads.lock(id))).rows;
    return row && foundUpload(row);
  }

  /** @returns whether it was stored: another change may have come first */
  private async apply(
    connection: Queryable,
    change: UploadChange,
    found: FoundUpload,
  ): Promise<boolean> {
    const { record, deliveries } = change;
    checkChange(found.record.id, change);
    assertNotLost(this.context.fence, record.id);
    const update = this.uploads.update(record, found, deliveries);
    return hasRow(await connection.query(update));
  }

  private async waiting(): Promise<{ handler: string; dueAt: number }[]> {
    const { rows } = await this.opened.query(this.deliveriesOf.waiting());
    return rows.map(({ handler, due_at: dueAt }) => ({
      handler: handler as string,
      dueAt: dueAt as number,
    }));
  }
}

async function close({ database, lookups, inserts }: Opened): Promise<void> {
  await Promise.all([lookups.idle(), inserts.idle()]);
  await database.close();
}

function hasRow({ rowCount }: PgResult): boolean {
  return (rowCount ?? 0) > 0;
}

function decideUncounted(
  record: UploadRecord,
  decide: (record: UploadRecord, usages: () => Usages) => UploadChange | undefined,
): UploadChange | undefined | 'to be counted' {
  try {
    return decide(record, () => {
      throw new NotCountedError('own');
    });
  } catch (error) {
    if (error instanceof NotCountedError) return 'to be counted';
    throw error;
  }
}
