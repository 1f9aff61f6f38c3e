import pg from 'pg';
import type { ClusterObserver } from '../../../../lib/cluster/index.js';
import { newIdentity, PostgresCluster } from '../../../../lib/cluster/postgres/index.js';
import { applicationNameOf, Database, OwnConnection } from '../../../../lib/postgres/index.js';

/** Where members meet, and when one counts as one that does not answer. */
export interface MemberPlace {
  readonly connectionString: string;
  readonly schema: string;
  readonly patience?: number;
  readonly observer?: ClusterObserver;
}

/** A member that ends its connections when it leaves. */
export class PooledCluster extends PostgresCluster {
  constructor(
    place: MemberPlace,
    private readonly database = databaseOf(place),
  ) {
    super({
      ...place,
      identity: newIdentity(),
      pool: { query: (query) => this.database.query(query) },
      connect: (observer) => OwnConnection.open(new pg.Client(place), observer),
      applicationOf: applicationNameOf,
    });
  }

  override async close(): Promise<void> {
    await super.close();
    await this.database.close();
  }
}

function databaseOf({ connectionString }: MemberPlace): Database {
  const pool = new pg.Pool({ connectionString, max: 2 });
  return new Database({ pool, isOwn: true, durable: false });
}
