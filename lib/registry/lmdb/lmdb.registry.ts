import { assertNotLost, UploadIdTakenError, type Fence } from '../../errors/index.js';
import { NO_RESERVE, type FolderCheck, type RoomReserve } from '../../folder/index.js';
import { checkChange } from '../check-change.js';
import { released, revived, settled, taken } from '../delivery-steps.js';
import { checkName } from '../names.js';
import { OpenStore } from '../open-store.js';
import type { DeliveryKey, DeliveryOutcome, DeliveryRecord } from '../delivery-record.interface.js';
import type {
  DeliveryQuery,
  DueTerms,
  Page,
  RegistryObserver,
  UploadChange,
  UploadQuery,
  UploadRegistry,
  Usages,
} from '../registry.interface.js';
import type { UploadRecord } from '../upload-record.interface.js';
import { LmdbEnvironment } from './lmdb.environment.js';
import type { Tables } from './lmdb.environment.js';

/** Rows that `releaseDeliveries` changes in one transaction. */
const RELEASE_STEP = 100;

/** Where an `LmdbRegistry` lies, and what it promises. */
export interface LmdbRegistryOptions {
  /** Made when it is not there; must be on a local disk. */
  readonly folder: string;
  /**
   * Whether a write resolves only when it survives a lost machine. Without it a write survives a
   * killed process, and a lost machine may cost the whole registry.
   */
  readonly durable: boolean;
  /** Told what becomes of the disk and of rows; without one nothing is told. */
  readonly observer?: RegistryObserver;
  /** Knows whether the folder is still the one it was; without one it is taken to be. */
  readonly watch?: FolderCheck;
  /** Room for all writes but new uploads when there is none; without one they are refused too. */
  readonly reserve?: RoomReserve;
  /** Knows which uploads are another process's by now; none unless given. */
  readonly fence?: Fence;
}

/** The registry of one machine: an LMDB environment that any number of its processes may share. */
export class LmdbRegistry implements UploadRegistry {
  private readonly store: OpenStore<LmdbEnvironment>;

  constructor(private readonly options: LmdbRegistryOptions) {
    const { folder, durable, observer, watch } = options;
    this.store = new OpenStore(
      () => LmdbEnvironment.acquire(folder, durable, { observer, watch }),
      (environment) => environment.release(observer),
    );
  }

  /**
   * @throws UnfitFolderError on a network file system, and where else it cannot be
   * @throws LmdbUnavailableError
   * @throws NoSpaceError when there is no room for it.
   */
  open(): Promise<void> {
    return this.store.open();
  }

  close(): Promise<void> {
    return this.store.close();
  }

  async get(id: string): Promise<UploadRecord | undefined> {
    return this.opened.read(({ uploads }) => uploads.get(id));
  }

  /** @throws as `change()` for deliveries that cannot be */
  async create(
    record: UploadRecord,
    admit?: (usages: Usages) => UploadRecord,
    deliveries: readonly DeliveryRecord[] = [],
  ): Promise<UploadRecord> {
    this.reserve.assertWhole();
    return this.opened.write((tables) => {
      if (tables.uploads.has(record.id)) throw new UploadIdTakenError(record.id);
      const admitted = admit?.(tables.usage.of(record.owner)) ?? record;
      const change = { record: admitted, deliveries };
      checkChange(record.id, change);
      applyChange(tables, undefined, change);
      return admitted;
    });
  }

  async usage(owner: string | undefined): Promise<Usages> {
    return this.opened.read(({ usage }) => usage.of(owner));
  }

  /**
   * @throws TypeError when the decision gives the record another id, or brings another's delivery
   * @throws RangeError when a handler's name has more than 512 bytes, or control characters.
   */
  async change(
    id: string,
    decide: (record: UploadRecord, usages: () => Usages) => UploadChange | undefined,
  ): Promise<UploadRecord | undefined> {
    return this.write((tables) => {
      assertNotLost(this.options.fence, id);
      const record = tables.uploads.get(id);
      const change = record && decide(record, () => tables.usage.of(record.owner));
      if (!record || !change) return record;
      checkChange(id, change);
      applyChange(tables, record, change);
      return change.record;
    });
  }

  async forget(id: string, dueAt: number): Promise<void> {
    await this.write(({ uploads, deliveries, usage }) => {
      assertNotLost(this.options.fence, id);
      const record = uploads.get(id);
      if (record?.dueAt !== dueAt) return;
      uploads.remove(record);
      usage.count(undefined, record);
      deliveries.removeOf(id);
    });
  }

  async due(until: number, limit: number): Promise<UploadRecord[]> {
    return this.opened.read(({ uploads }) => uploads.due(until, limit));
  }

  async endedBefore(last: number, owner: string | undefined): Promise<UploadRecord[]> {
    return this.opened.read(({ uploads }) => uploads.endedBefore(last, owner));
  }

  /** @throws RangeError for a cursor of another listing, or a limit that is not positive. */
  async list(query: UploadQuery): Promise<Page<UploadRecord>> {
    return this.opened.read(({ uploads }) => uploads.list(query));
  }

  /** @throws RangeError for a cursor of another listing, or a limit that is not positive. */
  async deliveries(query: DeliveryQuery): Promise<Page<DeliveryRecord>> {
    return this.opened.read(({ deliveries }) => deliveries.list(query));
  }

  async dueDeliveries(
    until: number,
    termsOf: (handler: string) => DueTerms,
  ): Promise<DeliveryRecord[]> {
    return this.opened.read(({ deliveries }) => deliveries.due(until, termsOf));
  }

  async nextDeliveryAt(counts = (_handler: string) => true): Promise<number | undefined> {
    return this.opened.read(({ deliveries }) => deliveries.nextDueAt(counts));
  }

  /** @throws RangeError when the holder's name has more than 512 bytes, or control characters. */
  async claimDelivery(
    key: DeliveryKey,
    holder: string,
    now: number,
  ): Promise<DeliveryRecord | undefined> {
    checkName('holder', holder);
    return this.write(({ deliveries }) => {
      const row = deliveries.get(key);
      if (row?.state !== 'waiting') return undefined;
      const running = taken(row, holder, now);
      deliveries.put(running);
      return running;
    });
  }

  async settleDelivery(
    { attempt, ...key }: DeliveryKey & { readonly attempt?: number },
    holder: string,
    outcome: DeliveryOutcome,
  ): Promise<boolean> {
    return this.write(({ deliveries }) => {
      const row = deliveries.get(key);
      if (row?.state !== 'running' || row.holder !== holder) return false;
      if ((attempt ?? row.attempt) !== row.attempt) return false;
      if (outcome.kind === 'done') deliveries.remove(row);
      else deliveries.put(settled(row, outcome));
      return true;
    });
  }

  async reviveDeliveries(
    uploadId: string,
    handler: string | undefined,
    now: number,
  ): Promise<number> {
    return this.write(({ deliveries }) => {
      const dead = deliveries
        .of(uploadId)
        .filter((row) => row.state === 'dead' && (handler ?? row.handler) === row.handler);
      for (const row of dead) deliveries.put(revived(row, now));
      return dead.length;
    });
  }

  async releaseDeliveries(
    isGone: (holder: string) => boolean | Promise<boolean>,
    now: number,
  ): Promise<number> {
    let released = 0;
    let holder = await this.nextHolder();
    while (holder !== undefined) {
      if (await isGone(holder)) released += await this.releaseAll(holder, now);
      holder = await this.nextHolder(holder);
    }
    return released;
  }

  private get opened(): LmdbEnvironment {
    return this.store.current;
  }

  private get reserve(): RoomReserve {
    return this.options.reserve ?? NO_RESERVE;
  }

  /**
   * Writes what adds no upload. On a full disk that frees room, or records bytes that are there
   * already.
   */
  private write<T>(work: (tables: Tables) => T): Promise<T> {
    return this.reserve.spend(() => this.opened.write(work));
  }

  private nextHolder(after?: string): Promise<string | undefined> {
    return this.opened.read(({ deliveries }) => deliveries.nextHolder(after));
  }

  private async releaseAll(holder: string, now: number): Promise<number> {
    let released = 0;
    let step: number;
    do {
      step = await this.write((tables) => releaseSome(tables, holder, now));
      released += step;
    } while (step === RELEASE_STEP);
    return released;
  }
}

function applyChange(
  tables: Tables,
  previous: UploadRecord | undefined,
  change: UploadChange,
): void {
  tables.uploads.put(change.record, previous);
  tables.usage.count(change.record, previous);
  for (const row of change.deliveries ?? []) {
    if (tables.deliveries.get(row)?.state !== 'running') tables.deliveries.put(row);
  }
}

function releaseSome({ deliveries }: Tables, holder: string, now: number): number {
  const rows = deliveries.heldBy(holder, RELEASE_STEP);
  for (const row of rows) deliveries.put(released(row, now));
  return rows.length;
}
