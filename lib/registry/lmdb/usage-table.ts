import type { RootDatabase } from 'lmdb';
import type { Usage, Usages } from '../registry.interface.js';
import type { UploadRecord } from '../upload-record.interface.js';
import { addUsage, NO_USAGE, usageOf } from '../usage.js';
import type { UnreadableTable } from './unreadable-table.js';
import type { Damage } from './damage.js';
import { EVERYONE, scopeOf } from './keys.js';
import { Rows } from './rows.js';
import { isUsage } from './shapes.js';

/**
 * What uploads take, of each owner and of all; to be used within one transaction.
 *
 * Sums are kept in memory until the end of the transaction, so that many creations cost one row.
 */
export class UsageTable {
  private readonly rows: Rows<Usage, string>;
  private readonly changed = new Map<string, Usage>();

  constructor(root: RootDatabase, damage: Damage) {
    this.rows = new Rows(root, { name: 'usage', isRow: isUsage }, damage);
  }

  /** What the uploads of an owner take, and all together. */
  of(owner: string | undefined): Usages {
    return { own: this.get(scopeOf(owner)), all: this.get(EVERYONE) };
  }

  /** Counts a record in place of what it was. */
  count(record: UploadRecord | undefined, previous: UploadRecord | undefined): void {
    if (previous) this.add(previous.owner, usageOf(previous), -1);
    if (record) this.add(record.owner, usageOf(record), 1);
  }

  /** Writes the sums; to be called last in a transaction. */
  flush(): void {
    for (const [scope, usage] of this.changed) {
      if (usage.uploads === 0) this.rows.remove(scope);
      else this.rows.put(scope, usage);
    }
    this.changed.clear();
  }

  /** Forgets what a transaction that failed has summed up. */
  reset(): void {
    this.changed.clear();
  }

  /**
   * Puts aside what cannot be read, and sums up anew.
   *
   * @param records all there are
   * @returns which rows could not be read, in words for people
   */
  repair(records: Iterable<UploadRecord>, unreadable: UnreadableTable): string[] {
    const damaged = this.rows.sift(unreadable);
    this.rows.clear();
    this.changed.clear();
    for (const record of records) this.count(record, undefined);
    return damaged;
  }

  private get(scope: string): Usage {
    return this.changed.get(scope) ?? this.rows.get(scope) ?? NO_USAGE;
  }

  private add(owner: string | undefined, usage: Usage, sign: 1 | -1): void {
    if (usage === NO_USAGE) return;
    for (const scope of [EVERYONE, scopeOf(owner)]) {
      this.changed.set(scope, addUsage(this.get(scope), usage, sign));
    }
  }
}
