import { join } from 'node:path';
import {
  create,
  encodeMetadata,
  eventually,
  head,
  makeTempFolder,
  OCTETS,
  offsetOf,
  patch,
  PLATFORMS,
  RawConnection,
  rawHead,
  removeTempFolder,
  SeededRandom,
  storedBytes,
  terminate,
  TUS,
} from '../support/index.js';
import type { CreatedUpload, RawResponse } from '../support/index.js';
import { KillableServer } from './servers/killable-server.js';
import { settingsIn } from './servers/server-settings.js';
import type { ServerStats } from './servers/server-settings.js';

/** `TUS_FULL=1` repeats everything more often. */
const FULL = process.env.TUS_FULL === '1';
const TAKE_OVERS = FULL ? 200 : 50;
const RACES = FULL ? 50 : 20;
const ABORTS = FULL ? 500 : 200;
const STEP = 100;
const MB = 1024 * 1024;

describe.each(PLATFORMS)('An upload that is taken over (%s)', (platform) => {
  let folder: string;
  let server: KillableServer;

  beforeAll(async () => {
    folder = await makeTempFolder();
    server = await KillableServer.start(settingsIn(folder, platform));
  });

  afterAll(async () => {
    await server.kill();
    await removeTempFolder(folder);
  });

  /** What the disk holds of an upload. */
  function stored(upload: CreatedUpload): Promise<Buffer> {
    return storedBytes({ tmpFileDir: join(folder, 'uploads') }, upload);
  }

  /** Sends the beginning of a body, waits until the server has it, and keeps the connection open. */
  async function stall(
    upload: CreatedUpload,
    offset: number,
    bytes = 'x'.repeat(STEP),
  ): Promise<RawConnection> {
    const connection = await RawConnection.open(server);
    await connection.write(patchHead(upload, offset, 10 * MB) + bytes);
    await eventually(async () => {
      expect((await stored(upload)).length).toBe(offset + bytes.length);
    });
    return connection;
  }

  it('answers HEAD and PATCH on a new connection while the old one is silent', async () => {
    const upload = await create(server, { length: 10 });
    const silent = await RawConnection.open(server);
    await silent.write(patchHead(upload, 0, 10) + 'abcd');
    await eventually(async () => expect((await stored(upload)).toString()).toBe('abcd'));

    expect(await offsetOf(server, upload)).toBe(4);
    expect((await patch(server, upload, { offset: 4, body: 'efghij' })).status).toBe(204);

    await expectEnded(silent);
    expect((await stored(upload)).toString()).toBe('abcdefghij');
  });

  it('gives a second PATCH the upload, and tells the first one so', async () => {
    const upload = await create(server, { length: 10 });
    const silent = await RawConnection.open(server);
    await silent.write(patchHead(upload, 0, 10) + 'abcd');
    await eventually(async () => expect((await stored(upload)).toString()).toBe('abcd'));

    expect((await patch(server, upload, { offset: 4, body: 'efghij' })).status).toBe(204);

    expect((await silent.response()).status).toBe(423);
    expect((await stored(upload)).toString()).toBe('abcdefghij');
    silent.destroy();
  });

  it(`is as well after ${TAKE_OVERS} take-overs in a row as before`, async () => {
    const upload = await create(server, { length: 10 * MB });
    const before: Health[] = [];
    let silent: RawConnection | undefined;
    for (let count = 0; count < TAKE_OVERS; count++) {
      if (count === TAKE_OVERS / 2) before.push(await healthOf(server));
      expect(await offsetOf(server, upload)).toBe(count * STEP);
      if (silent) await expectEnded(silent);
      silent = await stall(upload, count * STEP);
    }

    await expectAsWell(server, before[0]!);
    silent?.destroy();
  });

  it(`goes to exactly one of two PATCHes for the same offset, ${RACES} times`, async () => {
    for (let race = 0; race < RACES; race++) {
      const upload = await create(server, { length: 1024 });
      const bodies = ['a', 'b'].map((letter) => letter.repeat(1024));
      const answers = await Promise.all(bodies.map((body) => patch(server, upload, { body })));

      const winner = answers.findIndex(({ status }) => status === 204);
      expect([409, 423]).toContain(answers[1 - winner]?.status);
      expect((await stored(upload)).toString()).toBe(bodies[winner]);
    }
  });

  it('is gone at once when it is deleted while bytes arrive', async () => {
    const upload = await create(server, { length: 10 * MB });
    const silent = await stall(upload, 0);

    expect((await terminate(server, upload)).status).toBe(204);

    await expectEnded(silent);
    expect((await head(server, upload)).status).toBe(410);
    expect(await stored(upload)).toHaveLength(0);
  });

  it(`leaves nothing open after ${ABORTS} requests that were broken off`, async () => {
    const random = new SeededRandom(platform);
    const upload = await create(server, { length: 10 * MB });
    const requests = abortedRequests(upload);
    const breakOff = async (): Promise<void> => {
      const bytes = random.pick(requests);
      const connection = await RawConnection.open(server);
      await connection.write(bytes.slice(0, random.integer(1, bytes.length)));
      if (random.integer(0, 1) === 1) await new Promise(setImmediate);
      connection.destroy();
      await connection.closed;
    };
    await offsetOf(server, upload);
    const before = await healthOf(server);
    for (let count = 0; count < ABORTS; count += 10) {
      await Promise.all(Array.from({ length: 10 }, breakOff));
    }

    await expectAsWell(server, before);
    expect(server.alive).toBe(true);
    expect(server.errorOutput).toBe('');
  });
});

function patchHead(upload: CreatedUpload, offset: number, length: number): string {
  return rawHead('PATCH', upload.path, [
    'Tus-Resumable: 1.0.0',
    `Content-Type: ${OCTETS}`,
    `Upload-Offset: ${offset}`,
    `Content-Length: ${length - offset}`,
  ]);
}

/** Whole requests, each of which may be cut anywhere. */
function abortedRequests(upload: CreatedUpload): string[] {
  const body = 'x'.repeat(64 * 1024);
  const tus = Object.entries(TUS).map(([name, value]) => `${name}: ${value}`);
  return [
    rawHead('HEAD', upload.path, tus),
    rawHead('OPTIONS', '/files'),
    rawHead('POST', '/files', [...tus, 'Upload-Length: 5', 'Content-Length: 0']),
    rawHead('POST', '/files', [
      ...tus,
      `Upload-Length: ${body.length}`,
      `Upload-Metadata: ${encodeMetadata({ filename: 'broken off' })}`,
      `Content-Type: ${OCTETS}`,
      `Content-Length: ${body.length}`,
    ]) + body,
    patchHead(upload, 0, 10 * MB) + body,
  ];
}

/** The server has let go of a request: it was answered 423, or its connection closed. */
async function expectEnded(connection: RawConnection): Promise<void> {
  const answer: RawResponse | undefined = await connection.responseOrClose();
  expect([423, undefined]).toContain(answer?.status);
  connection.destroy();
}

/** What must not grow. */
interface Health extends ServerStats {
  readonly descriptors: number | undefined;
}

async function healthOf(server: KillableServer): Promise<Health> {
  return { ...(await server.stats()), descriptors: await server.countDescriptors() };
}

async function expectAsWell(server: KillableServer, before: Health): Promise<void> {
  await eventually(async () => {
    const after = await healthOf(server);
    expect(after.descriptors).toBe(before.descriptors);
    // A timer may have been there before only.
    for (const [kind, count] of Object.entries(after.resources)) {
      expect({ kind, count }).toEqual({
        kind,
        count: Math.min(count, before.resources[kind] ?? 0),
      });
    }
    expect(after.heap - before.heap).toBeLessThan(8 * MB);
  });
}
