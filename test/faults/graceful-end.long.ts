import { once } from 'node:events';
import { readFile, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  OCTETS,
  PLATFORMS,
  SeededContent,
  create,
  eventually,
  makeTempFolder,
  offsetOf,
  patch,
  rawHead,
  removeTempFolder,
} from '../support/index.js';
import type { CreatedUpload, PlatformName } from '../support/index.js';
import { ServerProcess } from '../support/server-process.js';

const SERVER = fileURLToPath(new URL('./servers/stoppable-server.js', import.meta.url));
/** `TUS_FULL=1` has 50 appends in place of 20. */
const APPENDS = process.env.TUS_FULL === '1' ? 50 : 20;
const KB = 1024;
/** Acknowledged before the append that is running when the server is asked to end. */
const ACKNOWLEDGED = 10 * KB;
const LENGTH = 2 * 1024 * KB;

const content = new SeededContent('graceful-end', LENGTH).bytes();

jest.setTimeout(60_000);

/** A client in the middle of an append: it sends as fast as it can, or has stalled. */
class Client {
  answer = '';
  readonly closed: Promise<unknown>;
  private isOver = false;

  private constructor(
    readonly upload: CreatedUpload,
    private readonly socket: Socket,
    private readonly stallsAt: number,
  ) {
    socket.on('data', (data) => (this.answer += data.toString()));
    // A reset is one of the ways in which a server may end a connection.
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => socket.once('close', resolve)).then(
      () => (this.isOver = true),
    );
  }

  static async start(server: ServerProcess, stallsAt: number): Promise<Client> {
    const upload = await create(server, { length: LENGTH });
    await patch(server, upload, { body: content.subarray(0, ACKNOWLEDGED) });
    const socket = connect(server.port, server.host);
    await once(socket, 'connect');
    const lines = ['Tus-Resumable: 1.0.0', `Content-Type: ${OCTETS}`];
    const offset = `Upload-Offset: ${ACKNOWLEDGED}`;
    const length = `Content-Length: ${LENGTH - ACKNOWLEDGED}`;
    socket.write(rawHead('PATCH', upload.path, [...lines, offset, length]));
    const client = new Client(upload, socket, stallsAt);
    void client.send();
    return client;
  }

  /** The bytes a folder holds of the upload are its first ones, and at least so many. */
  async expectStored(folder: string, least: number): Promise<void> {
    const stored = await readFile(join(folder, this.upload.id));
    expect(stored.length).toBeGreaterThanOrEqual(least);
    expect(stored.equals(content.subarray(0, stored.length))).toBe(true);
  }

  /** Sends what is missing. */
  async resume(server: ServerProcess, folder: string): Promise<void> {
    const offset = await offsetOf(server, this.upload);
    expect(offset).toBe((await stat(join(folder, this.upload.id))).size);
    const response = await patch(server, this.upload, { offset, body: content.subarray(offset) });
    expect(response.status).toBe(204);
    expect((await readFile(join(folder, this.upload.id))).equals(content)).toBe(true);
  }

  /** Stops short of the end, so that the append runs as long as the server does. */
  private async send(): Promise<void> {
    for (let from = ACKNOWLEDGED; from < this.stallsAt && !this.isOver; from += KB) {
      const goesOn = this.socket.write(content.subarray(from, Math.min(from + KB, this.stallsAt)));
      await (goesOn ? nextTurn() : Promise.race([once(this.socket, 'drain'), this.closed])).catch(
        () => undefined,
      );
    }
  }
}

describe.each(PLATFORMS)(`SIGTERM during ${APPENDS} running appends on %s`, (platform) => {
  let folder: string;
  let server: ServerProcess;
  let clients: Client[];
  let seen: number[];
  let errors = '';

  const start = (name: PlatformName) => ServerProcess.startScript(SERVER, [name, folder]);
  const sizeOf = async ({ upload }: Client) => (await stat(join(folder, upload.id))).size;

  beforeAll(async () => {
    folder = await makeTempFolder();
    server = await start(platform);
    clients = [];
    for (let number = 0; number < APPENDS; number++) {
      const stallsAt = number % 2 === 0 ? ACKNOWLEDGED + KB : LENGTH - 1;
      clients.push(await Client.start(server, stallsAt));
    }
    for (const client of clients) {
      await eventually(
        async () => expect(await sizeOf(client)).toBeGreaterThan(ACKNOWLEDGED),
        20_000,
      );
    }
    seen = await Promise.all(clients.map(sizeOf));
    await server.stop();
    await Promise.all(clients.map((client) => client.closed));
    errors = server.errorOutput;
    server = await start(platform);
  });

  afterAll(async () => {
    await server?.kill();
    await removeTempFolder(folder);
  });

  it('answers each of them 503, or closes its connection', () => {
    for (const { answer } of clients) {
      if (answer !== '') expect(answer).toMatch(/^HTTP\/1\.1 503 [^]*\r\nRetry-After: \d+\r\n/i);
    }
  });

  it('ends the process without an error', () => {
    expect(errors).toBe('');
  });

  it('keeps all that was stored, and nothing that was not sent', async () => {
    for (const [index, client] of clients.entries()) {
      await client.expectStored(folder, seen[index]!);
    }
  });

  it('lets all of them go on at the next start, to the right bytes', async () => {
    for (const client of clients) await client.resume(server, folder);
  });
});
