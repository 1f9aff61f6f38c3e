import type { Database, Key, RootDatabase } from 'lmdb';
import type { UnreadableTable } from './unreadable-table.js';
import type { Damage } from './damage.js';

/** What the rows of a table are. */
export interface RowsOptions<V extends object, K extends Key> {
  readonly name: string;
  /** Whether what was read is a row, as far as the registry itself must rely on it. */
  isRow(this: void, value: object): value is V;
  /** Makes of a row that an earlier version has written what it is now; as it is unless given. */
  upToDate?(this: void, row: V): V;
  /** The key that a row itself names; absent where rows name none. */
  keyOf?(this: void, row: V): K;
}

/**
 * Rows of JSON by key, of which some may be damaged: such a row counts as none, and is kept aside
 * by the next repair.
 */
export class Rows<V extends object, K extends Key> {
  private readonly rows: Database<unknown, K>;
  /** The same rows as bytes. */
  private readonly raw: Database<Buffer, Buffer>;

  constructor(
    root: RootDatabase,
    private readonly options: RowsOptions<V, K>,
    private readonly damage: Damage,
  ) {
    const { name } = options;
    this.rows = root.openDB({ name, encoding: 'json' });
    this.raw = root.openDB({ name, encoding: 'binary', keyEncoding: 'binary' });
  }

  /** How many there are, damaged ones included. */
  get count(): number {
    return (this.rows.getStats() as { entryCount: number }).entryCount;
  }

  /** Whether there is one, be it damaged. */
  has(key: K): boolean {
    return this.rows.doesExist(key);
  }

  get(key: K): V | undefined {
    const value = readJson(() => this.rows.get(key));
    if (value === undefined) return undefined;
    if (this.isRow(value)) return this.upToDate(value);
    this.damage.note();
    return undefined;
  }

  put(key: K, row: V): void {
    this.rows.putSync(key, row);
  }

  remove(key: K): void {
    this.rows.removeSync(key);
  }

  clear(): void {
    this.rows.clearSync();
  }

  /** The rows that can be read, in a range of keys, in order. */
  *range(range: { start?: Key; exclusiveStart?: boolean; end?: Key } = {}): Generator<V> {
    for (const key of this.rows.getKeys(range)) {
      const row = this.get(key);
      if (row) yield row;
    }
  }

  /**
   * Puts aside what cannot be read.
   *
   * @returns which rows these were, in words for people
   */
  sift(unreadable: UnreadableTable): string[] {
    const damaged: { key: Buffer; value: Buffer }[] = [];
    for (const { key, value } of this.raw.getRange()) {
      if (!this.isSound(value)) damaged.push({ key: Buffer.from(key), value: Buffer.from(value) });
    }
    return damaged.map(({ key, value }) => {
      this.raw.removeSync(key);
      return unreadable.keep(this.options.name, key.toString('hex'), value);
    });
  }

  /** Whether a value is a row, and lies under the key that it names. */
  private isSound(value: Buffer): boolean {
    const row = readJson(() => JSON.parse(value.toString()));
    if (!this.isRow(row)) return false;
    const { keyOf } = this.options;
    return !keyOf || this.rows.getBinary(keyOf(row))?.equals(value) === true;
  }

  private upToDate(row: V): V {
    const { upToDate } = this.options;
    return upToDate ? upToDate(row) : row;
  }

  private isRow(value: unknown): value is V {
    return typeof value === 'object' && value !== null && this.options.isRow(value);
  }
}

/** @returns `null` for a text that is no JSON */
function readJson(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    // By its name, for it may come from another realm.
    if ((error as Partial<Error>).name === 'SyntaxError') return null;
    throw error;
  }
}
