import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withoutLateness } from '../faults/harness/frozen-round.js';
import { readEntries } from '../faults/servers/journal.js';
import type { JournalEntry } from '../faults/servers/journal.js';
import { eventually } from '../support/eventually.js';
import { PostgresServer } from '../support/postgres/postgres-server.js';
import { ServerProcess } from '../support/server-process.js';
import { request } from '../support/http-client.js';
import type { HttpTarget } from '../support/http-client.js';
import type { PlatformName } from '../support/platforms.js';
import { listFiles, makeTempFolder, removeTempFolder } from '../support/temp-folder.js';
import type { FuzzSettings } from './fuzz-settings.js';
import type { KnownUpload } from './known-upload.js';

/** When a machine counts as one that does not answer; shorter than usual, so that runs are. */
const PATIENCE = '1s';

/** Milliseconds in which all machines answer again, whatever was done to them. */
const LONGEST = 30_000;

const SERVER = fileURLToPath(new URL('./fuzz-server.js', import.meta.url));

/** What the service says of an upload. */
export interface Found {
  readonly state: string;
  readonly offset: number;
  readonly length?: number;
}

/**
 * The real thing: a server that can be killed, or two as of two machines, the folder they work in, and all
 * that is in there.
 */
export class World implements HttpTarget {
  readonly host = '127.0.0.1';
  /** Every upload that was ever made here. */
  readonly uploads: KnownUpload[] = [];
  private readonly servers: (ServerProcess | undefined)[];
  /** The one that requests go to; by turns where there is none. */
  private pinned?: number;
  private turn = 0;
  private errors = '';

  private constructor(
    private readonly folder: string,
    private readonly settings: FuzzSettings,
    private readonly database?: PostgresServer,
  ) {
    this.servers = database ? [undefined, undefined] : [undefined];
  }

  /** @param areTwo whether two machines share a database and the folder */
  static async create(platform: PlatformName, areTwo = false): Promise<World> {
    const folder = await makeTempFolder();
    const journals = join(folder, 'journals');
    await mkdir(journals);
    const database = areTwo ? await PostgresServer.start() : undefined;
    const postgres = database && { connectionString: database.url, patience: PATIENCE };
    const tmpFileDir = join(folder, 'uploads');
    return new World(folder, { platform, journals, tmpFileDir, postgres }, database);
  }

  /** How many machines there are. */
  get count(): number {
    return this.servers.length;
  }

  get port(): number {
    const { running } = this;
    const server =
      this.pinned === undefined ? running[this.turn++ % running.length] : this.servers[this.pinned];
    return server!.port;
  }

  /** What servers wrote to their error output, their logs of errors included. */
  get errorOutput(): string {
    const all = this.errors + this.servers.map((server) => server?.errorOutput ?? '').join('');
    // It restarts, and machines are frozen that wait for it.
    return this.database ? withoutLateness(all) : all;
  }

  /** Has requests go to one machine; by turns unless told. */
  pin(machine?: number): void {
    this.pinned = machine;
  }

  /** Starts what does not run. */
  async start(): Promise<void> {
    for (const [machine, server] of this.servers.entries()) {
      if (server?.alive) continue;
      this.errors += server?.errorOutput ?? '';
      this.servers[machine] = undefined;
      const parameters = [JSON.stringify(this.settings)];
      this.servers[machine] = await ServerProcess.startScript(SERVER, parameters);
    }
  }

  /** Ends a machine without giving it a chance to do anything. */
  async kill(machine = 0): Promise<void> {
    await this.alive(machine).kill();
    this.noteCrash();
  }

  /** Stops a machine, which goes on when it is thawed. */
  freeze(machine: number): void {
    this.alive(machine).freeze();
    this.noteCrash();
  }

  thaw(machine: number): void {
    this.alive(machine).thaw();
  }

  /** Restarts the database, which ends all connections and leases. */
  async restartDatabase(): Promise<void> {
    this.noteCrash();
    await this.database?.restart();
  }

  /** Waits until all machines answer as they should. */
  async whole(upload: KnownUpload): Promise<void> {
    for (const machine of this.servers.keys()) {
      this.pin(machine);
      await eventually(() => upload.dialect.look(this, upload), LONGEST);
    }
    this.pin();
  }

  async close(): Promise<void> {
    for (const server of this.servers) await server?.kill();
    await this.database?.remove();
    await removeTempFolder(this.folder);
  }

  /** Calls the service; resolves to `done`, or to the name of the error it threw. */
  async call(method: string, parameters = ''): Promise<string> {
    const path = `/control/${method}${parameters}`;
    const { status, text } = await request(this, { method: 'POST', path });
    if (status !== 201) throw new Error(`${path} was answered ${status}: ${text}`);
    return text;
  }

  /** Waits until the servers have done with every request but this one. */
  async quiet(): Promise<void> {
    for (const server of this.running) await request(server, { path: '/control/quiet' });
  }

  /** Where an upload stands, without disturbing it. */
  async find({ id }: KnownUpload): Promise<Found> {
    const { text } = await request(this, { path: `/control/find/${id}` });
    return JSON.parse(text) as Found;
  }

  /** A path that a finished file can be moved to. */
  targetOf({ id }: KnownUpload, name: string): string {
    return join(this.folder, 'moved', name, id);
  }

  /** The bytes that the disk has of an upload; `undefined` when there is no file to look at. */
  async stored({ id, moved, removed }: KnownUpload): Promise<Buffer | undefined> {
    if (moved !== undefined) return readFile(moved);
    if (removed) return undefined;
    return readFile(join(this.settings.tmpFileDir, id)).catch(() => Buffer.alloc(0));
  }

  /** How many bytes the disk has of an upload that was not moved. */
  async sizeOf({ id }: KnownUpload): Promise<number> {
    const path = join(this.settings.tmpFileDir, id);
    return stat(path).then(
      ({ size }) => size,
      () => 0,
    );
  }

  /** Names of the files of all uploads. */
  async files(): Promise<string[]> {
    const files = await listFiles(this.settings.tmpFileDir);
    return files.filter((file) => !file.startsWith('.tus'));
  }

  /** The calls of the handler for an upload. */
  deliveriesOf({ id }: KnownUpload): Promise<JournalEntry[]> {
    return readEntries(join(this.settings.journals, id));
  }

  private get running(): readonly ServerProcess[] {
    return this.servers.filter((server) => server?.alive === true) as ServerProcess[];
  }

  private alive(machine: number): ServerProcess {
    const server = this.servers[machine];
    if (server?.alive) return server;
    throw new Error(`The server ended by itself: ${this.errorOutput}`);
  }

  /** Handlers that ran are called once more. */
  private noteCrash(): void {
    for (const upload of this.uploads) upload.crashes++;
  }
}
