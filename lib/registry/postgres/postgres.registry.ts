import { assertNotLost, UploadFencedError, UploadIdTakenError } from '../../errors/index.js';
import { checkChange } from '../check-change.js';
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
  hasRow,
  type PgQuery,
  type PgResult,
  type PostgresOptions,
  type Queryable,
} from '../../postgres/index.js';
import { CountedUsages, NotCountedError } from './counted-usages.js';
import { DeliveryStatements } from './delivery-statements.js';
import { DEFAULT_SCHEMA } from './migrations.js';
import { Opened } from './opened.js';
import { PostgresDeliveries } from './postgres-deliveries.js';
import type { PostgresRegistryContext } from './postgres-registry-context.interface.js';
import { Tables } from './tables.js';
import { UPLOADS } from './upload-columns.js';
import type { UploadInserts } from './upload-inserts.js';
import { foundUpload, UploadStatements, type FoundUpload } from './upload-statements.js';
import { UsageStatements } from './usage-statements.js';

/** How often a change is tried without a lock: seldom do two processes change one upload at once. */
const TRIES_WITHOUT_LOCK = 3;

/**
 * The registry of several machines: tables in a PostgreSQL database, 12 or later.
 *
 * Nearly every step is a single statement, so that a process that is stopped in the middle of one keeps
 * no row from others.
 */
export class PostgresRegistry implements UploadRegistry, Queryable {
  private readonly uploads: UploadStatements;
  private readonly ofDeliveries: PostgresDeliveries;
  private readonly usages: UsageStatements;
  private readonly schema: string;
  private readonly store = new OpenStore<Opened>(
    () => Opened.open(this.options, this.context, this.uploads),
    (opened) => opened.close(),
  );

  constructor(
    private readonly options: PostgresOptions,
    private readonly context: PostgresRegistryContext,
  ) {
    this.schema = options.schema ?? DEFAULT_SCHEMA;
    const tables = new Tables(this.schema, context.durable);
    this.uploads = new UploadStatements(tables);
    this.ofDeliveries = new PostgresDeliveries(this, new DeliveryStatements(tables));
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
    return (await this.opened.lookups.find(id))?.record;
  }

  async create(
    record: UploadRecord,
    admit?: (usages: Usages) => UploadRecord,
    deliveries?: readonly DeliveryRecord[],
  ): Promise<UploadRecord> {
    // No process is to find the record, and not who has it.
    await this.context.epochs?.written?.(record.id);
    const { database, inserts } = this.opened;
    if (!admit) return insert(inserts, { record, deliveries });
    return database.transaction(async (connection) => {
      const usages = new CountedUsages(this.usages, record.owner);
      const admitted = await usages.decide(connection, () => admit(usages));
      return insert(inserts, { record: admitted, deliveries }, connection);
    });
  }

  async usage(owner: string | undefined): Promise<Usages> {
    const [own, all] = await Promise.all([
      this.query(this.usages.count('own', owner)),
      this.query(this.usages.count('all', owner)),
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
      if (await this.apply(this, change, found)) return change.record;
    }
    return this.changeLocked(id, decide, epoch);
  }

  async forget(id: string, dueAt: number): Promise<void> {
    assertNotLost(this.context.fence, id);
    const epoch = this.epochOf(id);
    const { rowCount } = await this.query(this.uploads.forget(id, dueAt, epoch));
    if (rowCount === 0) await this.find(id, epoch);
  }

  async due(until: number, limit: number): Promise<UploadRecord[]> {
    const { rows } = await this.query(this.uploads.due(until, pageLimit(limit)));
    return rows.map((row) => UPLOADS.recordOf(row));
  }

  async endedBefore(last: number, owner: string | undefined): Promise<UploadRecord[]> {
    const { rows } = await this.query(this.uploads.endedBefore(last, owner));
    return rows.map((row) => UPLOADS.recordOf(row)).reverse();
  }

  /** @throws RangeError for a cursor of another listing, or a limit that is not positive. */
  async list(query: UploadQuery): Promise<Page<UploadRecord>> {
    const limit = pageLimit(query.limit);
    const { rows } = await this.query(this.uploads.list(query, limit + 1));
    const found = rows.map((row) => ({ row: UPLOADS.recordOf(row) }));
    return toPage(found, limit, ({ row: { state, createdAt, id } }) => [state, createdAt, id]);
  }

  deliveries(query: DeliveryQuery): Promise<Page<DeliveryRecord>> {
    return this.ofDeliveries.list(query);
  }

  dueDeliveries(until: number, termsOf: (handler: string) => DueTerms): Promise<DeliveryRecord[]> {
    return this.ofDeliveries.due(until, termsOf);
  }

  nextDeliveryAt(counts?: (handler: string) => boolean): Promise<number | undefined> {
    return this.ofDeliveries.nextAt(counts);
  }

  claimDelivery(
    key: DeliveryKey,
    holder: string,
    now: number,
  ): Promise<DeliveryRecord | undefined> {
    return this.ofDeliveries.claim(key, holder, now);
  }

  settleDelivery(
    key: DeliveryKey & { readonly attempt?: number },
    holder: string,
    outcome: DeliveryOutcome,
  ): Promise<boolean> {
    return this.ofDeliveries.settle(key, holder, outcome);
  }

  reviveDeliveries(uploadId: string, handler: string | undefined, now: number): Promise<number> {
    return this.ofDeliveries.revive(uploadId, handler, now);
  }

  releaseDeliveries(
    isGone: (holder: string) => boolean | Promise<boolean>,
    now: number,
  ): Promise<number> {
    return this.ofDeliveries.release(isGone, now);
  }

  /**
   * Runs a statement on any of its connections.
   *
   * @throws NoSpaceError, RegistryUnavailableError
   */
  query(query: PgQuery): Promise<PgResult> {
    return this.opened.database.query(query);
  }

  private get opened(): Opened {
    return this.store.current;
  }

  private epochOf(id: string): number | undefined {
    return this.context.epochs?.epochOf(id);
  }

  /** @throws UploadFencedError when the upload is another process's by now */
  private async find(
    id: string,
    epoch = Infinity,
    find = (wanted: string) => this.opened.lookups.find(wanted),
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
    return this.opened.database.transaction(async (connection) => {
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
}

/** @throws UploadIdTakenError */
async function insert(
  inserts: UploadInserts,
  change: UploadChange,
  transaction?: Queryable,
): Promise<UploadRecord> {
  const { record, deliveries } = change;
  checkChange(record.id, change);
  if (await inserts.insert(record, deliveries, transaction)) return record;
  throw new UploadIdTakenError(record.id);
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
