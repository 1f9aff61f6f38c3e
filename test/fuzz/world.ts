import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readEntries } from '../faults/servers/journal.js';
import type { JournalEntry } from '../faults/servers/journal.js';
import { ServerProcess } from '../support/server-process.js';
import { request } from '../support/http-client.js';
import type { HttpTarget } from '../support/http-client.js';
import type { PlatformName } from '../support/platforms.js';
import { listFiles, makeTempFolder, removeTempFolder } from '../support/temp-folder.js';
import type { FuzzSettings } from './fuzz-settings.js';
import type { KnownUpload } from './known-upload.js';

const SERVER = fileURLToPath(new URL('./fuzz-server.js', import.meta.url));

/** What the service says of an upload. */
export interface Found {
  readonly state: string;
  readonly offset: number;
  readonly length?: number;
}

/** The real thing: a server that can be killed, the folder it works in, and all that is in there. */
export class World implements HttpTarget {
  readonly host = '127.0.0.1';
  /** Every upload that was ever made here. */
  readonly uploads: KnownUpload[] = [];
  private server?: ServerProcess;
  private errors = '';

  private constructor(
    private readonly folder: string,
    private readonly settings: FuzzSettings,
  ) {}

  static async create(platform: PlatformName): Promise<World> {
    const folder = await makeTempFolder();
    const journals = join(folder, 'journals');
    await mkdir(journals);
    return new World(folder, { platform, journals, tmpFileDir: join(folder, 'uploads') });
  }

  get port(): number {
    return this.server!.port;
  }

  /** What servers wrote to their error output, their logs of errors included. */
  get errorOutput(): string {
    return this.errors + (this.server?.errorOutput ?? '');
  }

  /** Starts the server unless it runs. */
  async start(): Promise<void> {
    if (this.server?.alive) return;
    this.errors = this.errorOutput;
    this.server = undefined;
    const parameters = [JSON.stringify(this.settings)];
    this.server = await ServerProcess.startScript(SERVER, parameters);
  }

  /** Ends the server without giving it a chance to do anything. */
  async kill(): Promise<void> {
    if (!this.server?.alive) throw new Error(`The server ended by itself: ${this.errorOutput}`);
    await this.server.kill();
    for (const upload of this.uploads) upload.crashes++;
  }

  async close(): Promise<void> {
    await this.server?.kill();
    await removeTempFolder(this.folder);
  }

  /** Calls the service; resolves to `done`, or to the name of the error it threw. */
  async call(method: string, parameters = ''): Promise<string> {
    const path = `/control/${method}${parameters}`;
    const { status, text } = await request(this, { method: 'POST', path });
    if (status !== 201) throw new Error(`${path} was answered ${status}: ${text}`);
    return text;
  }

  /** Waits until the server has done with every request but this one. */
  async quiet(): Promise<void> {
    await request(this, { path: '/control/quiet' });
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
}
