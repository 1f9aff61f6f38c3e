import {
  Database,
  mostConnectionsOf,
  placeOf,
  poolOf,
  type PostgresOptions,
} from '../../postgres/index.js';
import { migrate } from './migrate.js';
import { DEFAULT_SCHEMA } from './migrations.js';
import { checkServer, checkStatements, explainOpening } from './opening.js';
import type { PostgresRegistryContext } from './postgres-registry-context.interface.js';
import { UploadInserts } from './upload-inserts.js';
import { UploadLookups } from './upload-lookups.js';
import type { UploadStatements } from './upload-statements.js';

/** What a registry works with while it is open. */
export class Opened {
  readonly lookups: UploadLookups;
  readonly inserts: UploadInserts;

  private constructor(
    readonly database: Database,
    statements: UploadStatements,
  ) {
    this.lookups = new UploadLookups(database, statements);
    this.inserts = new UploadInserts(database, statements);
  }

  /** Connects, sees whether the database can be used, and makes the tables. */
  static async open(
    options: PostgresOptions,
    context: PostgresRegistryContext,
    statements: UploadStatements,
  ): Promise<Opened> {
    const { schema = DEFAULT_SCHEMA, migrate: isToMigrate = true } = options;
    const pool = await poolOf(options, context.process);
    const isOwn = options.pool === undefined;
    const { durable, observer } = context;
    const database = new Database({ pool, isOwn, durable, observer });
    try {
      await checkServer(database);
      if (mostConnectionsOf(options) !== 1) await checkStatements(database, `${schema}.probe`);
      await migrate(database, schema, isToMigrate);
      return new Opened(database, statements);
    } catch (error) {
      await database.close();
      throw explainOpening(error, placeOf(options));
    }
  }

  /** Waits for what was asked for, and ends the connections. */
  async close(): Promise<void> {
    await Promise.all([this.lookups.idle(), this.inserts.idle()]);
    await this.database.close();
  }
}
