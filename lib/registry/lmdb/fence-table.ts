import type { Database, RootDatabase } from 'lmdb';
import type { FenceState } from '../../cluster/index.js';

/** The key of the one row that names all suspects; no identity is so. */
const SUSPECTS = 'suspects';

/** A row of a key that was taken from a suspect. */
interface FenceRow {
  /** Identity of the process that took it. */
  readonly by: string;
  /** Whether the suspect can write to nothing that counts any more. */
  readonly isDone: boolean;
}

type Row = FenceRow | readonly string[];

/**
 * The processes that did not answer, and what was taken from them; to be used within one transaction.
 *
 * Mostly it is empty, and that it is costs one look.
 */
export class FenceTable {
  private readonly rows: Database<Row, string>;

  constructor(root: RootDatabase) {
    this.rows = root.openDB({ name: 'fences', encoding: 'json' });
  }

  get suspects(): readonly string[] {
    return (this.rows.get(SUSPECTS) as readonly string[] | undefined) ?? [];
  }

  suspect(identity: string): void {
    const { suspects } = this;
    if (!suspects.includes(identity)) this.rows.putSync(SUSPECTS, [...suspects, identity]);
  }

  stateOf(identity: string, key: string): FenceState | undefined {
    const row = this.rows.get(keyOf(identity, key)) as FenceRow | undefined;
    if (!row) return undefined;
    return row.isDone ? 'done' : 'begun';
  }

  put(identity: string, key: string, row: FenceRow): void {
    this.rows.putSync(keyOf(identity, key), row);
  }

  /** Those of one suspect: by key, who took it. */
  of(identity: string): Map<string, string> {
    const start = keyOf(identity, '');
    const found = this.rows.getRange({ start, end: `${identity}!` });
    return new Map(
      Array.from(found, ({ key, value }) => [key.slice(start.length), (value as FenceRow).by]),
    );
  }

  /** Forgets a suspect, and what was taken from it. */
  lift(identity: string): void {
    for (const key of this.of(identity).keys()) this.rows.removeSync(keyOf(identity, key));
    this.replaceSuspects(this.suspects.filter((suspect) => suspect !== identity));
  }

  private replaceSuspects(suspects: readonly string[]): void {
    if (suspects.length > 0) this.rows.putSync(SUSPECTS, suspects);
    else this.rows.removeSync(SUSPECTS);
  }
}

function keyOf(identity: string, key: string): string {
  return `${identity} ${key}`;
}
