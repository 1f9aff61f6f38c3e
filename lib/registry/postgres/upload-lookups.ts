import { Batch, toDatabaseText, type PgRow, type Queryable } from '../../postgres/index.js';
import { foundUpload, type FoundUpload, type UploadStatements } from './upload-statements.js';

/** Statements under way at a time; who comes while there are as many shares the next one. */
const MOST_AT_A_TIME = 4;

/** Finds uploads: what many requests look for at once goes in one statement. */
export class UploadLookups {
  private readonly batch = new Batch<string, PgRow | undefined>(
    (ids) => this.lookUp(ids),
    MOST_AT_A_TIME,
  );

  constructor(
    private readonly database: Queryable,
    private readonly statements: UploadStatements,
  ) {}

  /** Finds an upload as it is, or was after this was called. */
  async find(id: string): Promise<FoundUpload | undefined> {
    const row = await this.batch.add(toDatabaseText(id));
    // Each its own: a row that cannot be read is no fault of the others.
    return row && foundUpload(row);
  }

  /** Resolves when all is done that was asked for. */
  idle(): Promise<void> {
    return this.batch.idle();
  }

  private async lookUp(ids: readonly string[]): Promise<readonly (PgRow | undefined)[]> {
    const { rows } = await this.database.query(this.statements.find(ids));
    const byId = new Map(rows.map((row) => [row.id, row]));
    return ids.map((id) => byId.get(id));
  }
}
