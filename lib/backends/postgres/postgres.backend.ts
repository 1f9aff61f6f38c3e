import { newIdentity, PostgresCluster } from '../../cluster/postgres/index.js';
import type { RegistryBackend, RegistryContext } from '../../interfaces/index.js';
import {
  applicationNameOf,
  connectionBeside,
  OwnConnection,
  placeOf,
  type PostgresOptions,
} from '../../postgres/index.js';
import { DEFAULT_SCHEMA, explainOpening, PostgresRegistry } from '../../registry/postgres/index.js';
import { DatabaseLog } from './database-log.js';
import { MembersLog } from './members-log.js';

/** PostgreSQL, for the processes of several machines. */
export class PostgresBackend implements RegistryBackend {
  readonly registry: PostgresRegistry;
  readonly cluster: PostgresCluster;
  private readonly place: string;

  /** @param patience milliseconds */
  constructor(options: PostgresOptions, patience: number, { name, durable }: RegistryContext) {
    this.place = placeOf(options);
    const identity = newIdentity();
    const isNamed = options.pool !== undefined || options.application_name !== undefined;
    this.cluster = new PostgresCluster({
      schema: options.schema ?? DEFAULT_SCHEMA,
      identity,
      instance: name ?? '',
      patience,
      pool: { query: (query) => this.registry.query(query) },
      connect: async (observer) => OwnConnection.open(await connectionBeside(options), observer),
      ...(!isNamed && { applicationOf: applicationNameOf }),
      observer: new MembersLog(),
    });
    this.registry = new PostgresRegistry(options, {
      durable,
      process: identity,
      fence: this.cluster,
      epochs: this.cluster,
      observer: new DatabaseLog(this.place),
    });
  }

  /** @throws UnfitDatabaseError, PgUnavailableError */
  async open(): Promise<void> {
    try {
      await this.registry.open();
      await this.join();
    } catch (fault) {
      await this.close().catch(() => undefined);
      throw fault;
    }
  }

  async close(): Promise<void> {
    try {
      await this.cluster.close();
    } finally {
      await this.registry.close();
    }
  }

  private async join(): Promise<void> {
    try {
      await this.cluster.open();
    } catch (fault) {
      throw explainOpening(fault, `${this.place}, on a connection beside the pool ("listen")`);
    }
  }
}
