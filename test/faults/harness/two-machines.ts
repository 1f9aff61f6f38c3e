import { PostgresRegistry } from '../../../lib/registry/postgres/index.js';
import { PostgresServer } from '../../support/postgres/postgres-server.js';
import { KillableServer } from '../servers/killable-server.js';
import type { ServerSettings } from '../servers/server-settings.js';
import type { KnownUploads, RunServers } from './run-servers.js';

const SCHEMA = 'tus';

/** Shorter than usual, so that rounds are, and long enough for servers on a machine that has much to do. */
const PATIENCE = '3s';

/** Where two machines mount one volume; the folder of a run is below the first. */
export type Mounts = readonly [string, string];

/**
 * Two servers that share a database and a folder, as those of two machines do. Requests reach them by
 * turns. The older one is killed, and the other one goes on beside a new one.
 */
export class TwoMachines implements RunServers {
  readonly count = 2;
  private left?: KillableServer;
  private started = 0;

  private constructor(
    private readonly database: PostgresServer,
    private readonly onErrorOutput: (text: string) => void,
    private readonly mounts?: Mounts,
  ) {}

  /** @param onErrorOutput told what the one that was left has written, when it is ended */
  static async prepare(
    onErrorOutput: (text: string) => void,
    mounts?: Mounts,
  ): Promise<TwoMachines> {
    return new TwoMachines(await PostgresServer.start(), onErrorOutput, mounts);
  }

  get settings(): Partial<ServerSettings> {
    return { postgres: { ...this.access, schema: SCHEMA, patience: PATIENCE, max: 20 } };
  }

  async start(settings: ServerSettings): Promise<KillableServer> {
    const older = this.left ?? (await this.startNext(settings));
    this.left = await this.startNext(settings);
    return byTurns(older, this.left);
  }

  async startOne(settings: ServerSettings): Promise<KillableServer> {
    await this.endLeft();
    return this.startNext(settings);
  }

  async openKnown(of: 'uploads' | 'expiring'): Promise<KnownUploads> {
    const options = { ...this.access, schema: `${SCHEMA}_${of}`, max: 2 };
    const registry = new PostgresRegistry(options, { durable: true });
    await registry.open();
    return registry;
  }

  async end(): Promise<void> {
    await this.endLeft();
    await this.database.remove();
  }

  private get access(): { readonly connectionString: string } {
    return { connectionString: this.database.url };
  }

  /** The other machine than the one before. */
  private startNext(settings: ServerSettings): Promise<KillableServer> {
    const { mounts } = this;
    const seen = mounts ? seenFrom(mounts[this.started++ % 2]!, settings, mounts) : settings;
    return KillableServer.start(seen);
  }

  private async endLeft(): Promise<void> {
    const { left } = this;
    this.left = undefined;
    await left?.kill();
    if (left) this.onErrorOutput(left.errorOutput);
  }
}

/** A server of which every second connection leads to another one. */
function byTurns(server: KillableServer, other: KillableServer): KillableServer {
  let turn = 0;
  const port = () => (turn++ % 2 === 0 ? server.port : other.port);
  return Object.create(server, { port: { get: port } }) as KillableServer;
}

function seenFrom(mount: string, settings: ServerSettings, [first]: Mounts): ServerSettings {
  const seen = (folder: string) => folder.replace(first, mount);
  const { tmpFileDir, expiringFolder } = settings;
  return { ...settings, tmpFileDir: seen(tmpFileDir), expiringFolder: seen(expiringFolder) };
}
