import {
  create,
  eventually,
  linesOf,
  patch,
  PLATFORMS,
  rawHead,
  SeededContent,
  storedBytes,
  uploadAt,
  useApp,
} from '../support/index.js';
import type { RawConnection, TestApp } from '../support/index.js';
import { endpointOf, WITH_ENDPOINT } from './endpoint-controller.js';

/** What an upload task of iOS says of every body, unless the app says something else. */
const TASK = {
  'Content-Type': 'application/x-www-form-urlencoded',
  'Upload-Complete': '?1',
  'Upload-Draft-Interop-Version': '6',
  Accept: '*/*',
  'User-Agent': 'Photos/1 CFNetwork/1568.200.51 Darwin/24.1.0',
};

const SIZE = 300_000;
const HALF = 120_000;
const content = new SeededContent('url-session', SIZE);

/** Begins the upload task of a file, and reads where it may be resumed. */
async function beginTask(
  app: TestApp,
  path: string,
  headers: Readonly<Record<string, string>> = TASK,
): Promise<RawConnection> {
  const connection = await app.connect();
  const lines = [...linesOf(headers), `Content-Length: ${SIZE}`];
  await connection.write(rawHead('POST', path, lines));
  return connection;
}

describe.each(PLATFORMS)('an upload task of URLSession on %s', (platform) => {
  const app = useApp({ platform, tus: { protocols: ['tus', 'ietf'] }, ...WITH_ENDPOINT });

  it.each(['/files', '/videos'])('sends a file to %s in one request', async (path) => {
    const connection = await beginTask(app(), path);
    const told = await connection.interim();
    await connection.write(content.bytes());
    const response = await connection.response();

    const upload = uploadAt(told.header('Location'));
    expect(told.status).toBe(104);
    expect(Math.floor(response.status / 100)).toBe(2);
    expect(response.header('Upload-Complete')).toBe('?1');
    expect((await storedBytes(app(), upload)).equals(content.bytes())).toBe(true);
  });

  it.each(['/files', '/videos'])('resumes what it sent to %s by HEAD and PATCH', async (path) => {
    const connection = await beginTask(app(), path);
    const upload = uploadAt((await connection.interim()).header('Location'));
    await connection.write(content.bytes(0, HALF));
    await eventually(async () => expect(await storedBytes(app(), upload)).toHaveLength(HALF));
    connection.destroy();

    const second = await app().connect();
    const { 'Upload-Complete': _complete, ...status } = TASK;
    await second.write(rawHead('HEAD', upload.path, [...linesOf(status), 'Content-Length: 0']));
    const where = await second.response({ toHead: true });
    const rest = [
      ...linesOf({ ...TASK, 'Content-Type': 'application/partial-upload' }),
      `Upload-Offset: ${HALF}`,
      `Content-Length: ${SIZE - HALF}`,
    ];
    await second.write(rawHead('PATCH', upload.path, rest));
    await second.write(content.bytes(HALF));
    const response = await second.response();

    expect([where.status, where.header('Upload-Offset')]).toEqual([204, String(HALF)]);
    expect(where.header('Upload-Complete')).toBe('?0');
    expect(Math.floor(response.status / 100)).toBe(2);
    expect(response.header('Upload-Complete')).toBe('?1');
    expect((await storedBytes(app(), upload)).equals(content.bytes())).toBe(true);
  });

  it('is told by an endpoint what its method says', async () => {
    const connection = await beginTask(app(), '/videos');
    await connection.write(content.bytes());

    const response = await connection.response();

    expect(response.body.toString()).toBe(`{"size":${SIZE}}`);
  });

  it('is a request of tus where an app speaks that by it', async () => {
    const upload = await create(app(), { length: SIZE, headers: TASK });

    const headers = { ...TASK, 'Content-Type': 'application/offset+octet-stream' };
    const response = await patch(app(), upload, { body: content.bytes(), headers });

    expect([response.status, response.headers['upload-offset']]).toEqual([204, String(SIZE)]);
    expect(response.interim).toEqual([]);
    expect((await app().finished.of(upload.id)).size).toBe(SIZE);
  });

  it('gets its answer of a route that takes no uploads of this kind', async () => {
    // Of a form, Nest's own parser would have its say first.
    const headers = { ...TASK, 'Content-Type': 'video/mp4' };
    const connection = await beginTask(app(), '/elsewhere', headers);
    await connection.write(content.bytes());

    const response = await connection.response();

    expect([response.status, response.interim]).toEqual([404, []]);
    expect(endpointOf(app()).calls.all.every(({ size }) => size === SIZE)).toBe(true);
  });
});
