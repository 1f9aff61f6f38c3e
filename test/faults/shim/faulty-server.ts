import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { HttpTarget } from '../../support/http-client.js';
import type { PlatformName } from '../../support/platforms.js';
import { makeTempFolder, removeTempFolder } from '../../support/temp-folder.js';
import type { CreatedUpload, TusOptions } from '../../support/index.js';
import { untilDelivered } from '../servers/journal.js';
import type { JournalEntry } from '../servers/journal.js';
import { KillableServer } from '../servers/killable-server.js';
import { settingsIn } from '../servers/server-settings.js';
import type { ServerSettings } from '../servers/server-settings.js';
import { setFaults } from './fault-shim.js';
import type { FaultRule, FaultyEnvironment } from './fault-shim.js';

type Named = Pick<CreatedUpload, 'id'>;

/** A server in a process of its own, on a disk that fails when it is told to. */
export class FaultyServer implements HttpTarget {
  readonly host = '127.0.0.1';

  private constructor(
    private readonly folder: string,
    private readonly settings: ServerSettings,
    private readonly env: FaultyEnvironment,
    private process: KillableServer,
  ) {}

  /** @param shim the environment with the library that makes calls fail */
  static async start(
    platform: PlatformName,
    shim: FaultyEnvironment,
    tus?: TusOptions,
  ): Promise<FaultyServer> {
    const folder = await makeTempFolder();
    const env = { ...shim, TUS_FAULTS: join(folder, 'rules') };
    const settings = settingsIn(folder, platform, tus);
    const server = await KillableServer.start(settings, { env });
    return new FaultyServer(folder, settings, env, server);
  }

  get port(): number {
    return this.process.port;
  }

  get tmpFileDir(): string {
    return this.settings.tmpFileDir;
  }

  /** Lines of its error output that contain a text. */
  linesWith(text: string): string[] {
    return this.process.errorOutput.split('\n').filter((line) => line.includes(text));
  }

  /** Makes calls fail from now on. */
  fail(...rules: readonly FaultRule[]): void {
    setFaults(this.env, ...rules);
  }

  /** Lets all calls succeed again. */
  recover(): void {
    setFaults(this.env);
  }

  /** Kills the process and starts another one. */
  async restart(): Promise<void> {
    await this.process.kill();
    this.process = await KillableServer.start(this.settings, { env: this.env });
  }

  async stop(): Promise<void> {
    await this.process.kill();
    await removeTempFolder(this.folder);
  }

  stored({ id }: Named): Promise<Buffer> {
    return readFile(join(this.tmpFileDir, id)).catch(() => Buffer.alloc(0));
  }

  /** Which file an upload has. */
  fileOf({ id }: Named): Promise<string> {
    return identify(join(this.tmpFileDir, id));
  }

  /** Which file the registry has. */
  registryFile(): Promise<string> {
    return identify(join(this.tmpFileDir, '.tus', 'data.mdb'));
  }

  /** What the handler was told of an upload, once it has returned. */
  async delivered({ id }: Named): Promise<JournalEntry[]> {
    const journal = await untilDelivered(this.settings.journal, [id]);
    return journal.filter((entry) => entry.id === id && entry.event === 'end');
  }
}

/** What a file is: its number alone may be that of a later one. */
async function identify(path: string): Promise<string> {
  const { ino, birthtimeNs } = await stat(path, { bigint: true });
  return `${ino} of ${birthtimeNs}`;
}
