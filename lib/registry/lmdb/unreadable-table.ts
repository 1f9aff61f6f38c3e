import type { Database, RootDatabase } from 'lmdb';
import { createHash } from 'node:crypto';

/** A row as it was found, for people: bytes in hexadecimal and Base64. */
interface UnreadableRow {
  readonly table: string;
  readonly key: string;
  readonly value: string;
}

/** Rows that could not be read, kept out of the way; to be used within one transaction. */
export class UnreadableTable {
  private readonly rows: Database<UnreadableRow, string>;

  constructor(root: RootDatabase) {
    this.rows = root.openDB({ name: 'unreadable', encoding: 'json' });
  }

  /**
   * @param key in hexadecimal
   * @returns which row it is, in words for people
   */
  keep(table: string, key: string, value: Buffer = Buffer.alloc(0)): string {
    // A damaged key may be longer than a key can be beside the table's name.
    const place = createHash('sha256').update(`${table} ${key}`).digest('hex');
    this.rows.putSync(place, { table, key, value: value.toString('base64') });
    return `${table} ${JSON.stringify(Buffer.from(key, 'hex').toString('latin1'))}`;
  }
}
