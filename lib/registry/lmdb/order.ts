import type { Database, Key, RangeOptions, RootDatabase } from 'lmdb';
import type { UnreadableTable } from './unreadable-table.js';
import type { Damage } from './damage.js';

/** What the keys of an order are. */
export interface OrderOptions<K extends Key> {
  readonly name: string;
  isKey(this: void, key: unknown): key is K;
}

/** A key of an order, and the row it leads to. */
export interface Entry<K, R> {
  readonly key: K;
  readonly row: R;
}

/** An order in which the rows of a table are walked: keys only, of which some may be damaged. */
export class Order<K extends Key> {
  private readonly order: Database<true, K>;
  /** The same keys as bytes. */
  private readonly raw: Database<Buffer, Buffer>;

  constructor(
    root: RootDatabase,
    private readonly options: OrderOptions<K>,
    private readonly damage: Damage,
  ) {
    const { name } = options;
    this.order = root.openDB({ name, encoding: 'json' });
    this.raw = root.openDB({ name, encoding: 'binary', keyEncoding: 'binary' });
  }

  /** How many there are, damaged ones included. */
  get count(): number {
    return (this.order.getStats() as { entryCount: number }).entryCount;
  }

  /** Puts keys in place of others. */
  move(from: readonly K[], to: readonly K[]): void {
    for (const key of from) this.order.removeSync(key);
    for (const key of to) this.order.putSync(key, true);
  }

  /** The keys of a range that can be read, in order. */
  *keys(range: RangeOptions): Generator<K> {
    for (const key of this.order.getKeys(range)) {
      if (this.options.isKey(key)) yield key;
      else this.damage.note();
    }
  }

  /** The same with the rows they lead to; a key that leads nowhere is left out. */
  *entries<R>(range: RangeOptions, rowAt: (key: K) => R | undefined): Generator<Entry<K, R>> {
    for (const key of this.keys(range)) {
      const row = rowAt(key);
      if (row === undefined) this.damage.note();
      else yield { key, row };
    }
  }

  /**
   * Makes it anew.
   *
   * @param keys all that it is to have
   * @returns which keys could not be read and are kept aside, in words for people
   */
  rebuild(keys: Iterable<K>, unreadable: UnreadableTable): string[] {
    const found = this.bytesOfKeys();
    const known = [...this.keys({})];
    this.order.clearSync();
    this.move([], known);
    // What cannot be read cannot be written again either.
    const written = new Set(this.bytesOfKeys());
    const damaged = found.filter((bytes) => !written.has(bytes));

    this.order.clearSync();
    for (const key of keys) this.order.putSync(key, true);
    return damaged.map((bytes) => unreadable.keep(this.options.name, bytes));
  }

  /** All keys, in hexadecimal. */
  private bytesOfKeys(): string[] {
    return Array.from(this.raw.getKeys(), (key) => key.toString('hex'));
  }
}
