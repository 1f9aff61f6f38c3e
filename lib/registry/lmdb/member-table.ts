import type { Database, RootDatabase } from 'lmdb';
import { isDeepStrictEqual } from 'node:util';
import type { Members } from '../../cluster/index.js';

/** The one key of the table. */
const NOW = 'now';

/** The processes on the folder; to be used within one transaction. */
export class MemberTable {
  private readonly rows: Database<Members, string>;

  constructor(root: RootDatabase) {
    this.rows = root.openDB({ name: 'members', encoding: 'json' });
  }

  get(): Members | undefined {
    return this.rows.get(NOW);
  }

  /** Stores members if the ones that were seen are still there; tells whether it did. */
  replace(seen: Members | undefined, next: Members): boolean {
    if (!isDeepStrictEqual(this.get(), seen)) return false;
    this.rows.putSync(NOW, next);
    return true;
  }
}
