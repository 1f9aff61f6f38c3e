import { connect } from 'node:net';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  Http2Client,
  LAST_CHUNK,
  PLATFORMS,
  VERSION,
  VERSIONS,
  append,
  appendHeaders,
  chunk,
  createResumable,
  eventually,
  limitsOf,
  linesOf,
  rawHead,
  retrieveOffset,
  sendCreation,
  standingOf,
  startApp,
  stateHeaders,
  storedBytes,
  uploadAt,
  useApp,
} from '../../support/index.js';
import type { RawConnection, RawHead, TestApp } from '../../support/index.js';
import { WITH_ENDPOINT } from '../../e2e/endpoint-controller.js';

const PATHS = ['/files', '/videos'];

describe.each(PLATFORMS)('104 on %s', (platform) => {
  const app = useApp({
    platform,
    tus: { protocols: ['tus', 'ietf'], maxSize: 100_000_000 },
    ...WITH_ENDPOINT,
  });

  it.each(VERSIONS.flatMap((version) => PATHS.map((path) => [version, path] as const)))(
    'R13: a creation of version %i at %s is told where to resume before its body is read',
    async (version, path) => {
      const { interim, connection } = await begin(app(), { version, path });

      // Node has no reason phrase for it from where it sends it itself; none matters (RFC 9112 §4).
      expect(interim.status).toBe(104);
      await connection.write('hello');
      expect((await connection.response()).header('Upload-Complete')).toBe('?1');
    },
  );

  it.each(VERSIONS)('R14: it has Location, limits and version (%i)', async (version) => {
    const { interim, connection } = await begin(app(), { version });

    const upload = uploadAt(interim.header('Location'));
    expect(await standingOf(app(), upload)).toEqual(['0', '?0']);
    expect(limitsOf(interim.header('Upload-Limit'))).toMatchObject({ 'max-size': 100_000_000 });
    expect(interim.all('Upload-Draft-Interop-Version')).toEqual([String(version)]);
    connection.destroy();
  });

  it('R14: it has nothing of a final answer, nor of tus', async () => {
    const { interim, connection } = await begin(app());

    for (const name of ['Tus-Resumable', 'Content-Length', 'Transfer-Encoding', 'Connection']) {
      expect(interim.all(name)).toEqual([]);
    }
    connection.destroy();
  });

  it('R14: an upload can be resumed by nothing but the Location of its 104', async () => {
    const { interim, connection } = await begin(app());
    const upload = uploadAt(interim.header('Location'));
    await connection.write('hel');
    await eventually(async () => expect(await storedBytes(app(), upload)).toHaveLength(3));
    connection.destroy();
    await connection.closed;

    const [offset] = await standingOf(app(), upload);
    const response = await append(app(), upload, { offset: Number(offset), body: 'lo' });

    expect(offset).toBe('3');
    expect(response.headers['upload-complete']).toBe('?1');
    expect((await app().finished.of(upload.id)).size).toBe(5);
  });

  it.each(['absent', '', 'abc', '8.0', '"8"', '8, 8', '5', '3', '7', '11', '4294967304', '-8'])(
    'R15: a creation whose version is "%s" is not told',
    async (version) => {
      for (const path of PATHS) {
        const value = version === 'absent' ? undefined : version;
        const headers = { 'Upload-Draft-Interop-Version': value };

        const { status, interim } = await sendCreation(app(), { path, body: 'hello', headers });

        expect([status, interim]).toEqual([path === '/videos' ? 201 : 200, []]);
      }
    },
  );

  it('R17: progress is told by 104 with an offset that only grows', async () => {
    const connection = await app().connect();
    const lines = [...linesOf(stateHeaders()), 'Transfer-Encoding: chunked'];
    await connection.write(rawHead('POST', '/files', lines));
    const first = await connection.interim();

    const told = [await progressOf(connection), await progressOf(connection)];
    await connection.write(LAST_CHUNK);
    const response = await connection.response();

    const [early = 0, late = 0] = told.map((interim) => Number(interim.header('Upload-Offset')));
    expect(late).toBeGreaterThan(early);
    for (const interim of told) {
      expect(interim.status).toBe(104);
      expect(interim.all('Upload-Draft-Interop-Version')).toEqual([String(VERSION)]);
      expect([undefined, first.header('Location')]).toContain(interim.header('Location'));
    }
    expect(response.header('Upload-Complete')).toBe('?1');
  });

  it('R19: Location is the same in 104 and in the answer to a creation', async () => {
    const response = await sendCreation(app(), { complete: false, body: 'hello' });

    const locations = response.interim.map(({ headers }) => headers.location).filter(Boolean);
    expect(locations.length).toBeGreaterThan(0);
    expect(new Set([...locations, response.headers.location]).size).toBe(1);
  });

  it.each(['?0', '?1'])('R34: Expect: 100-continue gets both 104 and 100 (%s)', async (value) => {
    const connection = await app().connect();
    const lines = [
      ...linesOf({ ...stateHeaders(), 'Upload-Complete': value }),
      'Content-Length: 5',
      'Expect: 100-continue',
    ];

    await connection.write(rawHead('POST', '/files', lines));
    const told = [await connection.interim(), await connection.interim()];
    await connection.write('hello');
    const response = await connection.response();

    expect(told.map(({ status }) => status).sort()).toEqual([100, 104]);
    expect(response.header('Upload-Complete')).toBe(value);
  });

  it('R50: an append is told its progress, and never a Location', async () => {
    const upload = await createResumable(app());
    const connection = await app().connect();
    const lines = [...linesOf(appendHeaders()), 'Transfer-Encoding: chunked'];

    await connection.write(rawHead('PATCH', upload.path, lines));
    const told = await progressOf(connection);
    await connection.write(LAST_CHUNK);
    const response = await connection.response();

    expect(told.all('Location')).toEqual([]);
    expect(told.all('Upload-Draft-Interop-Version')).toEqual([String(VERSION)]);
    for (const interim of response.interim) expect(interim.all('Location')).toEqual([]);
    expect(response.header('Upload-Complete')).toBe('?1');
  });

  it('R15: an append without a version is not told', async () => {
    const upload = await createResumable(app());
    const headers = { 'Upload-Draft-Interop-Version': undefined };

    const { interim } = await append(app(), upload, { body: Buffer.alloc(3_000_000), headers });

    expect(interim).toEqual([]);
  });

  it('P9: a client of HTTP/1.0 gets its answer, and no 104', async () => {
    const socket = connect(app().port, app().host);
    await once(socket, 'connect');
    const lines = [...linesOf(stateHeaders()), 'Content-Length: 5'];
    let text = '';
    socket.on('data', (data: Buffer) => (text += data.toString()));
    const over = once(socket, 'close');

    const head = rawHead('POST', '/files', lines).replace('HTTP/1.1', 'HTTP/1.0');
    socket.write(`${head}hello`);
    await over;

    expect(text).toMatch(/^HTTP\/1\.[01] 200 /);
    expect(text.match(/^HTTP\//gm)).toHaveLength(1);
  });

  it('R13: answers to pipelined requests stay in order', async () => {
    const connection = await app().connect();
    const lines = [...linesOf(stateHeaders()), 'Content-Length: 5'];

    await connection.write(rawHead('OPTIONS', '/files') + rawHead('POST', '/files', lines));
    const first = await connection.response();
    const interim = await connection.interim();
    await connection.write('hello');
    const second = await connection.response();

    expect([first.status, interim.status, second.status]).toEqual([204, 104, 200]);
  });

  /** A creation whose body has not been sent, and what it was told. */
  async function begin(
    target: TestApp,
    { version = VERSION, path = '/files', length = 5 } = {},
  ): Promise<{ interim: RawHead; connection: RawConnection }> {
    const connection = await target.connect();
    const lines = [...linesOf(stateHeaders({ version })), `Content-Length: ${length}`];
    await connection.write(rawHead('POST', path, lines));
    return { interim: await connection.interim(), connection };
  }
});

/** Sends chunks until the next 104 that tells of bytes: it comes with them, at times. */
async function progressOf(connection: RawConnection): Promise<RawHead> {
  let told: RawHead | undefined;
  const waiting = nextProgress(connection).then((interim) => (told = interim));
  while (!told) {
    await connection.write(chunk('x'.repeat(1000)));
    await Promise.race([waiting, delay(20)]);
  }
  return told;
}

async function nextProgress(connection: RawConnection): Promise<RawHead> {
  for (;;) {
    const told = await connection.interim();
    if (Number(told.header('Upload-Offset') ?? 0) > 0) return told;
  }
}

describe.each(PLATFORMS)('104 that is off, on %s', (platform) => {
  const app = useApp({
    platform,
    tus: { protocols: ['tus', 'ietf'], ietf: { informational: false } },
  });

  it('P9: it is never sent, and everything else is as it was', async () => {
    const begun = await sendCreation(app(), { complete: false, body: 'hello' });
    const upload = uploadAt(begun.headers.location);
    const body = Buffer.alloc(3_000_000);
    const ended = await append(app(), upload, { offset: 5, body });

    expect([begun.status, begun.interim]).toEqual([201, []]);
    expect([ended.headers['upload-complete'], ended.interim]).toEqual(['?1', []]);
    expect(ended.headers['upload-draft-interop-version']).toBe(String(VERSION));
    expect((await retrieveOffset(app(), upload)).headers['upload-complete']).toBe('?1');
  });
});

describe.each(PLATFORMS)('versions that are chosen, on %s', (platform) => {
  const app = useApp({ platform, tus: { protocols: ['ietf'], ietf: { versions: [9] } } });

  it('R15: 104 is sent to these, and to no other', async () => {
    const chosen = await sendCreation(app(), { version: 9, complete: false });
    const other = await sendCreation(app(), { version: 8, body: 'hello' });

    expect(chosen.interim.map(({ status }) => status)).toEqual([104]);
    expect(other.interim).toEqual([]);
  });
});

describe('104 over HTTP/2 on fastify', () => {
  let app: TestApp;
  let client: Http2Client;

  beforeAll(async () => {
    const adapter = new FastifyAdapter({ http2: true });
    const tus = { protocols: ['tus', 'ietf'] as const };
    app = await startApp({
      platform: 'fastify',
      adapter,
      tus: { protocols: [...tus.protocols] },
      ...WITH_ENDPOINT,
    });
    client = new Http2Client(app);
  });

  afterAll(async () => {
    await client.close();
    await app.close();
  });

  it.each(PATHS)('R13: a creation at %s is told before its body is read', async (path) => {
    const { stream, answer } = client.open('POST', path, lowerCase(stateHeaders()), 'hel');
    const [told] = (await once(stream, 'headers')) as [Record<string, string | number>];
    const upload = uploadAt(String(told['location']));
    expect((await app.tus.find(upload.id))?.state).toBe('receiving');
    stream.end('lo');
    const whole = await answer;

    expect(told).toMatchObject({ ':status': 104, 'upload-draft-interop-version': '8' });
    expect(whole?.headers['upload-complete']).toBe('?1');
    expect(whole?.interim[0]).toMatchObject({ ':status': 104 });
  });

  it('R13: an upload that was cut off is resumed by the Location of its 104', async () => {
    const broken = new Http2Client(app);
    const { stream } = broken.open('POST', '/files', lowerCase(stateHeaders()), 'hel');
    const [told] = (await once(stream, 'headers')) as [Record<string, string | number>];
    const upload = uploadAt(String(told['location']));
    await eventually(async () => expect(await storedBytes(app, upload)).toHaveLength(3));
    broken.destroy();
    await broken.closed;

    const where = await client.open('HEAD', upload.path).answer;
    const rest = client.open('PATCH', upload.path, lowerCase(appendHeaders({ offset: 3 })), 'lo');
    rest.stream.end();

    expect(where?.headers).toMatchObject({ ':status': 204, 'upload-offset': '3' });
    expect((await rest.answer)?.headers['upload-complete']).toBe('?1');
    expect((await app.finished.of(upload.id)).size).toBe(5);
  });

  it('R50: an append is told its progress', async () => {
    const created = client.open('POST', '/files', lowerCase(stateHeaders({ complete: false })));
    const { path } = uploadAt((await created.answer)?.headers.location);
    const { stream, answer } = client.open('PATCH', path, lowerCase(appendHeaders()), 'x');
    const told: Record<string, unknown>[] = [];
    stream.on('headers', (headers: Record<string, unknown>) => told.push(headers));
    while (!told.some((headers) => Number(headers['upload-offset']) > 0)) {
      stream.write('x'.repeat(1000));
      await delay(20);
    }
    stream.end();

    for (const headers of told) {
      expect(headers).toMatchObject({ ':status': 104, 'upload-draft-interop-version': '8' });
      expect(headers['location']).toBeUndefined();
    }
    expect((await answer)?.headers['upload-complete']).toBe('?1');
  });
});

function lowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
  return Object.fromEntries(entries) as Record<string, string>;
}
