import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import {
  heldNames,
  LAST_CHUNK,
  OCTETS,
  PLATFORMS,
  chunk,
  create,
  encodeMetadata,
  eventually,
  expectRefused,
  head,
  listOf,
  offsetOf,
  patch,
  rawHead,
  request,
  startApp,
  storedBytes,
  terminate,
  TUS,
  uploadWhole,
  useApp,
} from '../support/index.js';
import type {
  CreatedUpload,
  HeaderValues,
  HttpResponse,
  StartAppOptions,
  TestApp,
} from '../support/index.js';
import { beginAppend } from '../support/running-append.js';
import { Gate } from '../support/gate.js';
import type { UploadStorage } from '../../lib/storage/index.js';
import { TUS_STORAGE } from '../../lib/tus.constants.js';

const PARTIAL = { 'Upload-Concat': 'partial' };
const UNKNOWN = '0123456789abcdef'.repeat(2);
const HOUR = 3_600_000;

/** Makes a part of an upload and sends all its bytes. */
function part(app: TestApp, content: string, headers: HeaderValues = {}): Promise<CreatedUpload> {
  return create(app, {
    length: content.length,
    ...(content !== '' && { body: content }),
    headers: { ...PARTIAL, ...headers },
  });
}

/** Asks for a final upload, whatever the answer. */
function concatenate(
  app: TestApp,
  urls: readonly string[] | string,
  headers: HeaderValues = {},
): Promise<HttpResponse> {
  const list = typeof urls === 'string' ? urls : urls.join(' ');
  return request(app, {
    method: 'POST',
    path: '/files',
    headers: { ...TUS, 'Upload-Concat': `final;${list}`, ...headers },
  });
}

/** Makes a final upload; fails unless the answer is 201. */
async function makeFinal(
  app: TestApp,
  parts: readonly CreatedUpload[],
  headers: HeaderValues = {},
): Promise<CreatedUpload> {
  const paths = parts.map(({ path }) => path);
  const response = await concatenate(app, paths, headers);
  if (response.status !== 201) throw new Error(`${response.status}: ${response.text}`);
  const location = response.headers.location!;
  const { pathname: path } = new URL(location, app.url);
  return { id: path.slice(path.lastIndexOf('/') + 1), location, path, response };
}

/** Everything that is known, and every file: what a refusal must leave as it was. */
async function everything(app: TestApp): Promise<unknown> {
  const { items } = await app.tus.list({ limit: 1000 });
  const states = items.map(({ id, state, offset, length }) => [id, state, offset, length]);
  return { states, files: await heldNames(app) };
}

async function expectRefusedWithoutTrace(
  app: TestApp,
  urls: readonly string[] | string,
  status: number,
  headers?: HeaderValues,
): Promise<HttpResponse> {
  const before = await everything(app);
  const response = await concatenate(app, urls, headers);
  expectRefused(response, status);
  expect(response.headers.location).toBeUndefined();
  expect(await everything(app)).toEqual(before);
  return response;
}

/** Resolves once deliveries that were there before have been made. */
async function everythingDelivered(app: TestApp): Promise<void> {
  await app.finished.of((await uploadWhole(app, 'barrier')).id);
}

async function expectStored(app: TestApp, upload: CreatedUpload, content: string): Promise<void> {
  expect((await storedBytes(app, upload)).toString()).toBe(content);
}

describe.each(PLATFORMS)('concatenation on %s', (platform) => {
  const app = useApp({ platform });

  it('is told to be offered, but not of unfinished parts', async () => {
    const { headers } = await request(app(), { method: 'OPTIONS', path: '/files' });
    const offered = listOf(headers['tus-extension'] as string);

    expect(offered).toContain('concatenation');
    expect(offered).not.toContain('concatenation-unfinished');
  });

  it('T101: a part is created, and HEAD says that it is one', async () => {
    const upload = await create(app(), { length: 5, headers: PARTIAL });
    const response = await head(app(), upload);

    expect(response.headers['upload-concat']).toBe('partial');
    expect(response.headers['upload-offset']).toBe('0');
    expect(response.headers['upload-length']).toBe('5');
  });

  it('T101: a part is like any upload', async () => {
    const upload = await create(app(), { headers: PARTIAL });
    const answers = [
      await patch(app(), upload, { body: 'hel' }),
      await patch(app(), upload, { offset: 1, body: 'x' }),
      await patch(app(), upload, { offset: 3, body: 'lo', headers: { 'Upload-Length': '5' } }),
      await patch(app(), upload, { offset: 5, body: '!' }),
    ];

    expect(answers.map(({ status }) => status)).toEqual([204, 409, 204, 413]);
    expect((await head(app(), upload)).headers['upload-length']).toBe('5');
  });

  it('T56: a part may bring its first bytes with its creation, or all of them', async () => {
    const some = await create(app(), { length: 10, body: 'hello', headers: PARTIAL });
    const all = await create(app(), { length: 5, body: 'hello', headers: PARTIAL });

    expect(some.response.headers['upload-offset']).toBe('5');
    expect(all.response.headers['upload-offset']).toBe('5');
  });

  it('T102: nobody is told of parts that are complete', async () => {
    const parts = [
      await part(app(), 'hello'),
      await part(app(), ''),
      await create(app(), { length: 5, headers: PARTIAL }),
    ];
    await patch(app(), parts[2]!, { body: 'world' });
    await everythingDelivered(app());

    for (const { id } of parts) {
      expect((await app().tus.find(id))?.state).toBe('finished');
      expect(app().finished.countOf(id)).toBe(0);
    }
  });

  it('T103: a final upload has the bytes of its parts', async () => {
    const parts = [await part(app(), 'hello '), await part(app(), 'world')];

    const final = await makeFinal(app(), parts);
    const response = await head(app(), final);

    expect(final.location).toMatch(/^\/files\/[0-9a-f]{32}$/);
    expect(response.headers['upload-offset']).toBe('11');
    expect(response.headers['upload-length']).toBe('11');
    await expectStored(app(), final, 'hello world');
  });

  it('T103: HEAD gives Upload-Concat as it was received', async () => {
    const { path } = await part(app(), 'hello');
    const url = `${app().url}${path}`;

    for (const list of [path, `${path} ${path}`, url, ` ${path}`, `${path}?a=b  ${url}`]) {
      const response = await concatenate(app(), list);
      const upload = { path: response.headers.location! };
      expect((await head(app(), upload)).headers['upload-concat']).toBe(`final;${list}`);
    }
  });

  it('T103: the handler is told of a final upload, once and with all its bytes', async () => {
    const parts = [await part(app(), 'hello '), await part(app(), 'world')];

    const final = await makeFinal(app(), parts);

    expect(await app().finished.of(final.id)).toMatchObject({
      size: 11,
      attempt: 1,
      path: (await app().tus.find(final.id))?.path,
    });
    await everythingDelivered(app());
    expect(app().finished.countOf(final.id)).toBe(1);
    for (const { id } of parts) expect(app().finished.countOf(id)).toBe(0);
  });

  it('T103: the answer says that a final upload is complete, and not that it expires', async () => {
    const { response } = await makeFinal(app(), [await part(app(), 'hello')]);

    expect(response.headers['upload-offset']).toBe('5');
    expect(response.headers['upload-expires']).toBeUndefined();
  });

  it('T104: the order of the list counts', async () => {
    const [a, b, c] = [await part(app(), 'a'), await part(app(), 'b'), await part(app(), 'c')];

    await expectStored(app(), await makeFinal(app(), [c, a, b]), 'cab');
  });

  it('T104: a part may stand more than once, and serve more than one final upload', async () => {
    const [a, b] = [await part(app(), 'a'), await part(app(), 'b')];

    await expectStored(app(), await makeFinal(app(), [a, a, b, a]), 'aaba');
    await expectStored(app(), await makeFinal(app(), [b, a]), 'ba');
    await expectStored(app(), a, 'a');
  });

  it('T105: URLs may be absolute, with whatever host the client called', async () => {
    const parts = [await part(app(), 'hello '), await part(app(), 'world')];

    for (const origin of [app().url, 'https://up.example', 'http://user@[::1]:81', 'HTTP://app']) {
      const urls = parts.map(({ path }) => `${origin}${path}`);
      expect((await concatenate(app(), urls)).status).toBe(201);
      expect((await concatenate(app(), urls, { Host: 'upstream' })).status).toBe(201);
    }
  });

  it.each(['Upload-Length', 'Upload-Defer-Length'])(
    'T106: a final upload with %s is 400',
    async (name) => {
      const { path } = await part(app(), 'hello');

      const response = await expectRefusedWithoutTrace(app(), [path], 400, { [name]: '1' });

      expect(response.text).toContain(name);
    },
  );

  it('T107: a part that is not complete is 400, and the answer names it', async () => {
    const [done, open] = [
      await part(app(), 'hello'),
      await create(app(), { length: 5, body: 'wor', headers: PARTIAL }),
    ];
    const deferred = await create(app(), { headers: PARTIAL, body: 'hello' });

    for (const { id, path } of [open, deferred]) {
      const response = await expectRefusedWithoutTrace(app(), [done.path, path], 400);
      expect(response.text).toContain(id);
    }
    await patch(app(), open, { offset: 3, body: 'ld' });
    await expectStored(app(), await makeFinal(app(), [done, open]), 'helloworld');
  });

  it('T107: a part whose bytes still arrive is 400, and goes on', async () => {
    const upload = await create(app(), { length: 10, headers: PARTIAL });
    const connection = await app().connect();
    const lines = ['Tus-Resumable: 1.0.0', `Content-Type: ${OCTETS}`, 'Upload-Offset: 0'];
    await connection.write(rawHead('PATCH', upload.path, [...lines, 'Content-Length: 10']));
    await connection.write('hello');
    await eventually(() => expectStored(app(), upload, 'hello'));

    expectRefused(await concatenate(app(), [upload.path]), 400);
    await connection.write('world');

    expect((await connection.response()).status).toBe(204);
    await expectStored(app(), upload, 'helloworld');
  });

  it('T109: a final upload has its own metadata, and none of its parts', async () => {
    const metadata = { 'Upload-Metadata': encodeMetadata({ filename: 'part.bin' }) };
    const parts = [await part(app(), 'hello', metadata)];

    const bare = await makeFinal(app(), parts);
    const named = await makeFinal(app(), parts, {
      'Upload-Metadata': encodeMetadata({ filename: 'whole.bin' }),
    });

    expect((await head(app(), bare)).headers['upload-metadata']).toBeUndefined();
    expect((await app().finished.of(bare.id)).metadata).toEqual({});
    expect((await app().finished.of(named.id)).filename).toBe('whole.bin');
  });

  it.each<[string, HeaderValues, string]>([
    ['that is right', { 'Upload-Offset': '5' }, ''],
    ['with bytes', { 'Upload-Offset': '5' }, 'x'],
    ['at another offset', { 'Upload-Offset': '0' }, 'x'],
    ['without an offset', { 'Upload-Offset': undefined }, 'x'],
    ['at an offset that is no number', { 'Upload-Offset': 'x' }, 'x'],
    ['of another type', { 'Content-Type': 'text/plain' }, 'x'],
    ['without a type', { 'Content-Type': undefined }, 'x'],
    ['with another length', { 'Upload-Offset': '5', 'Upload-Length': '9' }, 'x'],
    ['with a wrong checksum', { 'Upload-Checksum': 'sha3 AAAA' }, 'x'],
  ])('T110: a PATCH %s to a final upload is 403', async (_, headers, body) => {
    const final = await makeFinal(app(), [await part(app(), 'hello')]);

    const response = await patch(app(), final, { body, headers });

    expectRefused(response, 403);
    await expectStored(app(), final, 'hello');
    expect(await offsetOf(app(), final)).toBe(5);
  });

  it('T110: 403 comes before a byte was sent', async () => {
    const final = await makeFinal(app(), [await part(app(), 'hello')]);
    const connection = await app().connect();
    const lines = ['Tus-Resumable: 1.0.0', `Content-Type: ${OCTETS}`, 'Upload-Offset: 0'];

    await connection.write(rawHead('PATCH', final.path, [...lines, 'Content-Length: 5']));
    const response = await connection.response();

    expectRefused(response, 403);
    expect(response.header('Connection')).toBe('close');
  });

  it.each([
    ['that is unknown', UNKNOWN],
    ['that is no id', 'nothing'],
    ['without an id', ''],
  ])('T111: a part %s is 400', async (_, id) => {
    const { path } = await part(app(), 'hello');

    await expectRefusedWithoutTrace(app(), [`/files/${id}`], 400);
    await expectRefusedWithoutTrace(app(), [path, `/files/${id}`], 400);
  });

  it('T111: an upload that is no part is 400', async () => {
    const [hello, plain] = [await part(app(), 'hello'), await uploadWhole(app(), 'plain')];
    const final = await makeFinal(app(), [hello]);
    await everythingDelivered(app());

    await expectRefusedWithoutTrace(app(), [hello.path, plain.path], 400);
    await expectRefusedWithoutTrace(app(), [hello.path, final.path], 400);
  });

  it('T111: a part that was terminated, or whose file is gone, is 400', async () => {
    const [ended, removed] = [await part(app(), 'hello'), await part(app(), 'world')];
    await terminate(app(), ended);
    await app().tus.cleanupFile(removed.id);

    await expectRefusedWithoutTrace(app(), [ended.path], 400);
    await expectRefusedWithoutTrace(app(), [removed.path], 400);
  });

  it('T111: another host is not called, and has no upload', async () => {
    const { id, path } = await part(app(), 'hello');
    const elsewhere = await listen();

    for (const host of [`127.0.0.1:${elsewhere.port}`, `localhost:${elsewhere.port}`]) {
      await expectRefusedWithoutTrace(app(), [path, `http://${host}/files/${UNKNOWN}`], 400);
      await expectRefusedWithoutTrace(app(), [path, `http://${host}/other/${id}`], 400);
      await expectRefusedWithoutTrace(app(), [path, `//${host}${path}`], 400);
      expect((await concatenate(app(), [path, `http://${host}${path}`])).status).toBe(201);
    }
    await expectRefusedWithoutTrace(app(), [`ftp://127.0.0.1:${app().port}/files/${id}`], 400);

    expect(await elsewhere.callers()).toBe(0);
  });

  it.each([
    '/other/{id}',
    '/{id}',
    '{id}',
    'files/{id}',
    '/files/x/{id}',
    '/files//{id}',
    '/files/{id}/',
    '/files/../files/{id}',
    '/files/x/../{id}',
    '/files/%2e%2e/files/{id}',
    '/files%2f{id}',
    '/files/../../../../etc/passwd',
    '/files/.tus',
    '/files/{id}/../../etc/passwd',
    '/files/..%2f..%2fetc%2fpasswd',
    '/files\\{id}',
  ])('T111: %s is 400', async (pattern) => {
    const { id, path } = await part(app(), 'hello');

    await expectRefusedWithoutTrace(app(), [path, pattern.replaceAll('{id}', id)], 400);
  });

  it.each([
    'foo',
    'final',
    'final;',
    'final; ',
    'Partial',
    'PARTIAL',
    'partial;',
    'Final;/files/a',
  ])('T112: %j is 400', async (value) => {
    const before = await everything(app());

    for (const headers of [{}, { 'Upload-Length': '5' }]) {
      const response = await request(app(), {
        method: 'POST',
        path: '/files',
        headers: { ...TUS, 'Upload-Concat': value, ...headers },
      });
      expectRefused(response, 400);
    }

    expect(await everything(app())).toEqual(before);
  });

  it('T112: two lines are 400, also when they are equal', async () => {
    const { path } = await part(app(), 'hello');
    const [a, b] = ['partial', `final;${path}`];

    for (const value of [
      [a, a],
      [b, b],
      [a, b],
    ]) {
      await expectRefusedWithoutTrace(app(), [path], 400, { 'Upload-Concat': value });
    }
  });

  it('T112: a space before the list is no harm', async () => {
    const { path } = await part(app(), 'hello');

    expect((await concatenate(app(), ` ${path}`)).status).toBe(201);
  });

  it('T116: parts may be empty, and so may be all of them', async () => {
    const [none, hello] = [await part(app(), ''), await part(app(), 'hello')];

    const mixed = await makeFinal(app(), [none, hello, none]);
    const empty = await makeFinal(app(), [none, none]);

    await expectStored(app(), mixed, 'hello');
    expect((await head(app(), empty)).headers['upload-length']).toBe('0');
    expect(await offsetOf(app(), empty)).toBe(0);
    expect(await app().finished.of(empty.id)).toMatchObject({ size: 0 });
    expect(await heldNames(app())).toContain(empty.id);
  });

  it('T117: a final upload can be terminated, and its parts stay', async () => {
    const hello = await part(app(), 'hello');
    const final = await makeFinal(app(), [hello]);
    await app().finished.of(final.id);
    await eventually(async () => {
      expect((await terminate(app(), final)).status).toBe(204);
    });

    expect((await head(app(), final)).status).toBe(410);
    expect(await heldNames(app())).not.toContain(final.id);
    expect(await offsetOf(app(), hello)).toBe(5);
    await expectStored(app(), hello, 'hello');
  });

  it('T100f: a part can be terminated, and the final upload stays', async () => {
    const hello = await part(app(), 'hello');
    const final = await makeFinal(app(), [hello]);

    expect((await terminate(app(), hello)).status).toBe(204);

    expect((await head(app(), hello)).status).toBe(410);
    expect(await offsetOf(app(), final)).toBe(5);
    await expectStored(app(), final, 'hello');
  });

  it('T118: HEAD of a part always has Upload-Offset', async () => {
    const uploads = [
      await create(app(), { length: 5, headers: PARTIAL }),
      await create(app(), { headers: PARTIAL }),
      await part(app(), 'hello'),
      await part(app(), ''),
    ];
    const offsets = [];
    for (const upload of uploads) {
      offsets.push((await head(app(), upload)).headers['upload-offset']);
    }

    expect(offsets).toEqual(['0', '0', '5', '0']);
  });

  it.each([
    ['Content-Length: 5', 'hello'],
    ['Transfer-Encoding: chunked', chunk('hello') + LAST_CHUNK],
  ])('T56: a final upload with bytes of its own is 403 (%s)', async (framing, body) => {
    const { path } = await part(app(), 'hello');
    const before = await everything(app());

    for (const type of [OCTETS, 'text/plain']) {
      const connection = await app().connect();
      const lines = ['Tus-Resumable: 1.0.0', `Content-Type: ${type}`, framing];
      const head = rawHead('POST', '/files', [...lines, `Upload-Concat: final;${path}`]);
      await connection.write(head + body);
      expectRefused(await connection.response(), 403);
    }

    expect(await everything(app())).toEqual(before);
  });

  it('T104: takes the same part twice, and no more often without a maxSize', async () => {
    const [one, two] = [await part(app(), 'one'), await part(app(), 'two')];
    const twice = await makeFinal(app(), [one, two, one, two]);

    await expectStored(app(), twice, 'onetwoonetwo');
    const { text } = await expectRefusedWithoutTrace(app(), [one.path, one.path, one.path], 413);
    expect(text).toContain('9 bytes, at most 6 are allowed');
  });

  it('does not fill the disk at the word of a few lines', async () => {
    const content = 'x'.repeat(64 * 1024);
    const { path } = await part(app(), content);
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => concatenate(app(), Array<string>(380).fill(path))),
    );

    for (const { status } of answers) expect(status).toBe(413);
    await expectRefusedWithoutTrace(app(), Array<string>(3).fill(path), 413);
  });

  it('makes many final uploads of the same parts at the same time', async () => {
    const parts = [await part(app(), 'hello '), await part(app(), 'world')];

    const finals = await Promise.all(Array.from({ length: 8 }, () => makeFinal(app(), parts)));

    for (const final of finals) await expectStored(app(), final, 'hello world');
    expect(new Set(finals.map(({ id }) => id)).size).toBe(8);
  });

  it('shows when a part expires, complete or not, and not when a whole upload does', async () => {
    const open = await create(app(), { length: 5, body: 'wor', headers: PARTIAL });
    const done = await part(app(), 'hello');
    const last = await patch(app(), open, { offset: 3, body: 'ld' });
    const final = await makeFinal(app(), [done]);

    for (const response of [
      open.response,
      done.response,
      last,
      await head(app(), open),
      await head(app(), done),
    ]) {
      const expires = Date.parse(response.headers['upload-expires'] as string);
      expect(Math.abs(expires - Date.now() - 24 * HOUR)).toBeLessThan(60_000);
    }
    expect((await head(app(), final)).headers['upload-expires']).toBeUndefined();
  });
});

describe.each(PLATFORMS)('parts that expire, on %s', (platform) => {
  const app = useApp({
    platform,
    tus: { uploadValidDuration: '1s', cleanup: { every: false } },
  });

  it('are 410 although they were complete, and the final upload stays', async () => {
    const hello = await part(app(), 'hello');
    const final = await makeFinal(app(), [hello]);

    await eventually(async () => expect((await head(app(), hello)).status).toBe(410));
    await expectRefusedAsPart(hello);
    await app().tus.cleanup();

    expect(await heldNames(app())).not.toContain(hello.id);
    expect(await offsetOf(app(), final)).toBe(5);
    await expectStored(app(), final, 'hello');
  });

  it('are removed by cleanup', async () => {
    const hello = await part(app(), 'hello');

    await eventually(async () => {
      await app().tus.cleanup();
      expect(await heldNames(app())).not.toContain(hello.id);
    });

    expect((await app().tus.find(hello.id))?.state).toBe('expired');
  });

  async function expectRefusedAsPart({ path }: CreatedUpload): Promise<void> {
    expectRefused(await concatenate(app(), [path]), 400);
  }
});

describe.each(PLATFORMS)('parts that go with the concatenation, on %s', (platform) => {
  const app = useApp({ platform, tus: { concatenation: { removePartials: true } } });

  it('T117: are gone once a final upload was made of them', async () => {
    const parts = [await part(app(), 'hello '), await part(app(), 'world')];
    const [hello, world] = parts;

    const final = await makeFinal(app(), [hello!, world!, hello!]);

    await expectStored(app(), final, 'hello worldhello ');
    for (const { id, path } of parts) {
      expect((await head(app(), { path })).status).toBe(410);
      expect(await heldNames(app())).not.toContain(id);
    }
    expect((await app().finished.of(final.id)).size).toBe(17);
    expectRefused(await concatenate(app(), [hello!.path]), 400);
  });

  it('T107: stay when no final upload was made of them', async () => {
    const [hello, open] = [
      await part(app(), 'hello'),
      await create(app(), { length: 5, headers: PARTIAL }),
    ];

    await expectRefusedWithoutTrace(app(), [hello.path, open.path], 400);

    await expectStored(app(), hello, 'hello');
  });
});

describe.each(PLATFORMS)('concatenation with a maximum, on %s', (platform) => {
  const app = useApp({ platform, tus: { maxSize: 10 } });

  it('T113: parts that are too much together are 413', async () => {
    const [five, six] = [await part(app(), 'hello'), await part(app(), 'world!')];

    await expectRefusedWithoutTrace(app(), [five.path, six.path], 413);
    await expectRefusedWithoutTrace(app(), [five.path, five.path, five.path], 413);

    await expectStored(app(), await makeFinal(app(), [five, five]), 'hellohello');
  });
});

describe.each(PLATFORMS)('concatenation with a maximum of each request, on %s', (platform) => {
  const app = useApp({
    platform,
    tus: {
      maxSize: (request: { headers: Record<string, string | undefined> }) =>
        Number(request.headers['x-max'] ?? 10),
    },
  });

  it('T113: holds a final upload to that of its own request', async () => {
    const five = await part(app(), 'hello');

    await expectRefusedWithoutTrace(app(), [five.path, five.path], 413, { 'X-Max': '9' });

    expect((await concatenate(app(), [five.path, five.path])).status).toBe(201);
  });
});

describe.each(PLATFORMS)('concatenation that is not offered, on %s', (platform) => {
  const app = useApp({ platform, tus: { extensions: ['creation'] } });

  it('T114: any Upload-Concat is 400, which clients do not repeat', async () => {
    const upload = await uploadWhole(app(), 'hello');
    const before = await everything(app());

    for (const value of ['partial', `final;${upload.path}`, 'foo']) {
      for (const headers of [{}, { 'Upload-Length': '5' }]) {
        const response = await request(app(), {
          method: 'POST',
          path: '/files',
          headers: { ...TUS, 'Upload-Concat': value, ...headers },
        });
        expectRefused(response, 400);
      }
    }

    expect(await everything(app())).toEqual(before);
  });
});

describe.each(PLATFORMS)('concatenation by several owners, on %s', (platform) => {
  const app = useApp({
    platform,
    tus: {
      owner: (request) => (request as { headers: Record<string, string> }).headers['x-user'],
    },
  });
  const ann = { 'X-User': 'ann' };
  const bob = { 'X-User': 'bob' };

  it('T115: the parts of another owner are 400, like such as are not there', async () => {
    const [hers, his] = [await part(app(), 'hers', ann), await part(app(), 'his', bob)];

    const foreign = await expectRefusedWithoutTrace(app(), [his.path, hers.path], 400, bob);
    await expectRefusedWithoutTrace(app(), [hers.path], 400);
    const unknown = await concatenate(app(), [`/files/${UNKNOWN}`], bob);

    expect(foreign.text.replace(hers.id, UNKNOWN)).toBe(unknown.text);
  });

  it('T115: an owner makes final uploads that are theirs', async () => {
    const hers = await part(app(), 'hers', ann);

    const final = await makeFinal(app(), [hers], ann);

    expect((await head(app(), final, ann)).status).toBe(200);
    expect((await head(app(), final, bob)).status).toBe(404);
    expect((await app().finished.of(final.id)).owner).toBe('ann');
  });

  it('T110, T115: a PATCH by another owner tells nothing of a final upload', async () => {
    const final = await makeFinal(app(), [await part(app(), 'hers', ann)], ann);

    expectRefused(await patch(app(), final, { body: 'x', headers: bob }), 404);
    expectRefused(await patch(app(), final, { body: 'x', headers: ann }), 403);
  });
});

describe.each(PLATFORMS)('concatenation behind a public URL, on %s', (platform) => {
  const app = useApp({ platform, tus: { publicUrl: 'https://up.example.com/media/files/' } });

  it('T105: takes the URLs it gave, their paths, and those of its own', async () => {
    const hello = await part(app(), 'hello');
    expect(hello.location).toBe(`https://up.example.com/media/files/${hello.id}`);

    for (const url of [
      hello.location,
      `http://up.example.com/media/files/${hello.id}`,
      `/media/files/${hello.id}`,
      `/files/${hello.id}`,
      `${app().url}/files/${hello.id}`,
    ]) {
      const response = await concatenate(app(), [url, url]);
      expect(`${url} ${response.status}`).toBe(`${url} 201`);
      const id = response.headers.location?.slice(-32) ?? '';
      await expectStored(app(), { id } as CreatedUpload, 'hellohello');
    }
  });

  it('T111: takes no other URL', async () => {
    const { id } = await part(app(), 'hello');

    for (const url of [
      `https://up.example.com/other/${id}`,
      `https://up.example.com/media/${id}`,
      `https://up.example.com/media/../files/${id}`,
    ]) {
      await expectRefusedWithoutTrace(app(), [url], 400);
    }
  });
});

describe.each(PLATFORMS)('concatenation behind a proxy, on %s', (platform) => {
  const forwarded = {
    'X-Forwarded-Proto': 'https',
    'X-Forwarded-Host': 'up.example.com',
    'X-Forwarded-Prefix': '/media',
  };
  const ways: [string, Partial<StartAppOptions>, HeaderValues][] = [
    ['that is trusted', { trustProxy: true, tus: { publicUrl: 'request' } }, forwarded],
    ['that is not trusted', {}, forwarded],
    ['that changes Host', {}, { Host: 'upstream' }],
  ];

  it.each(ways)('T105: takes the URLs of one %s', async (_, options, headers) => {
    const app = await startApp({ platform, ...options });
    const { id, path } = await part(app, 'hello', headers);

    for (const url of [
      `https://up.example.com/media/files/${id}`,
      `https://up.example.com/files/${id}`,
      `https://up.example.com:8443/a/b/files/${id}`,
      `/media/files/${id}`,
      path,
    ]) {
      const response = await concatenate(app, [url, url], headers);
      expect(`${url} ${response.status}`).toBe(`${url} 201`);
      const made = { id: response.headers.location?.slice(-32) ?? '' };
      await expectStored(app, made as CreatedUpload, 'hellohello');
    }
    await app.close();
  });

  it('T111: takes no URL that leads elsewhere', async () => {
    const app = await startApp({ platform });
    const { id } = await part(app, 'hello');

    for (const url of [
      `https://up.example.com/media/${id}`,
      `https://up.example.com/media/../files/${id}`,
      `https://up.example.com//files/${id}`,
      `https://up.example.com/files/${id}/files/${UNKNOWN}`,
      `https://up.example.com/files/${id},/files/${id}`,
    ]) {
      await expectRefusedWithoutTrace(app, [url], 400, forwarded);
    }
    await app.close();
  });
});

/** A server on another port that counts who calls it; asking for the count closes it. */
async function listen(): Promise<{ port: number; callers: () => Promise<number> }> {
  let callers = 0;
  const server = createServer((socket) => {
    callers++;
    socket.destroy();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    callers: async () => {
      server.close();
      await once(server, 'close');
      return callers;
    },
  };
}

describe.each(PLATFORMS)('the parts of a final upload on %s', (platform) => {
  const app = useApp({ platform, tus: { maxSize: 100, concatenation: { maxParts: 3 } } });

  it('are as many as maxParts says, each time one is named', async () => {
    const [one, two] = [await part(app(), 'one'), await part(app(), 'two')];
    const three = await makeFinal(app(), [one, one, one]);

    await expectStored(app(), three, 'oneoneone');
    const paths = [one.path, two.path, one.path, two.path];
    const { text } = await expectRefusedWithoutTrace(app(), paths, 400);
    expect(text).toContain('4 partial uploads, at most 3 are allowed');
  });

  it('are bounded by maxSize, which is all that bounds how often one is named', async () => {
    const large = await part(app(), 'x'.repeat(34));

    await expectRefusedWithoutTrace(app(), [large.path, large.path, large.path], 413);
    await makeFinal(app(), [large, large]);
  });
});

describe.each(PLATFORMS)('a concatenation and maxAppends on %s', (platform) => {
  const app = useApp({ platform, tus: { maxAppends: 1 } });

  it('is one more where all may run', async () => {
    const one = await part(app(), 'one');
    const running = await beginAppend(app());
    const refused = await expectRefusedWithoutTrace(app(), [one.path], 503);
    running.connection.destroy();
    const made = await eventually(() => makeFinal(app(), [one]));

    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    await expectStored(app(), made, 'one');
  });

  it('keeps its place while the parts are copied', async () => {
    const one = await part(app(), 'one');
    const other = await create(app(), { length: 5 });
    const storage = app().nest.get<UploadStorage>(TUS_STORAGE, { strict: false });
    const concatenateFiles = storage.concatenate.bind(storage);
    const gate = new Gate();
    storage.concatenate = async (...of) => {
      await gate.pass();
      await concatenateFiles(...of);
    };
    const making = makeFinal(app(), [one]);
    await gate.reached;
    const refused = await patch(app(), other, { body: 'hello' });
    gate.open();
    const made = await making;
    storage.concatenate = concatenateFiles;

    expectRefused(refused, 503);
    await expectStored(app(), made, 'one');
    expect((await patch(app(), other, { body: 'hello' })).status).toBe(204);
  });
});
