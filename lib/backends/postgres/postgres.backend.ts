import { newIdentity, PostgresCluster } from '../../cluster/postgres/index.js';
import { TusOptionError } from '../../errors/index.js';
import type { RegistryBackend, RegistryContext, RegistryUse } from '../../interfaces/index.js';
import {
  applicationNameOf,
  clockDifference,
  connectionBeside,
  mostConnectionsOf,
  OwnConnection,
  placeOf,
  type PostgresOptions,
} from '../../postgres/index.js';
import { DEFAULT_SCHEMA, explainOpening, PostgresRegistry } from '../../registry/postgres/index.js';
import type { SharedFolder } from '../../storage/index.js';
import { DatabaseLog } from './database-log.js';
import { MembersLog } from './members-log.js';
import { clocksApart, folderElsewhere, poolSmall } from './start-checks.messages.js';

/** Milliseconds between two clocks that are warned of. */
const APART = 1000;

/** PostgreSQL, for the processes of several machines. */
export class PostgresBackend implements RegistryBackend {
  readonly registry: PostgresRegistry;
  readonly cluster: PostgresCluster;
  private readonly place: string;
  private readonly mostConnections?: number;

  /** @param patience milliseconds */
  constructor(options: PostgresOptions, patience: number, { name, durable }: RegistryContext) {
    this.place = placeOf(options);
    this.mostConnections = mostConnectionsOf(options);
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

  /** @throws TusOptionError where machines do not share the folder, or two registries do */
  async examine({ deliveries, folder }: RegistryUse): Promise<readonly string[]> {
    if (folder) await this.share(folder);
    const difference = await clockDifference(this.registry);
    const most = this.mostConnections ?? deliveries;
    return [
      ...(Math.abs(difference) > APART ? [clocksApart(difference)] : []),
      ...(most < deliveries ? [poolSmall(most, deliveries)] : []),
    ];
  }

  async close(): Promise<void> {
    try {
      await this.cluster.close();
    } finally {
      await this.registry.close();
    }
  }

  private async share(folder: SharedFolder): Promise<void> {
    const other = await this.cluster.share(await folder.share(await this.registry.identity()));
    if (!other) return;
    throw new TusOptionError('tmpFileDir', folder.path, folderElsewhere(other.host, other.pid));
  }

  private async join(): Promise<void> {
    try {
      await this.cluster.open();
    } catch (fault) {
      throw explainOpening(fault, `${this.place}, on a connection beside the pool ("listen")`);
    }
  }
}
