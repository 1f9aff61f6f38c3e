import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import {
  LAST_CHUNK,
  OCTETS,
  PLATFORMS,
  chunk,
  create,
  eventually,
  expectRefused,
  head,
  offsetOf,
  patch,
  rawHead,
  storedBytes,
  terminate,
  uploadWhole,
  useApp,
} from '../support/index.js';
import type { CreatedUpload, RawConnection, RequestBody } from '../support/index.js';

const PATCH_LINES = ['Tus-Resumable: 1.0.0', `Content-Type: ${OCTETS}`];

describe.each(PLATFORMS)('PATCH on %s', (platform) => {
  const app = useApp({ platform });

  it('T67: bytes at the right offset are 204 with the new offset, and no body', async () => {
    const upload = await create(app(), { length: 10 });

    const first = await patch(app(), upload, { body: 'hello' });
    const second = await patch(app(), upload, { offset: 5, body: 'world' });

    expect([first.status, first.headers['upload-offset']]).toEqual([204, '5']);
    expect([second.status, second.headers['upload-offset']]).toEqual([204, '10']);
    expect(second.body).toHaveLength(0);
    expect(await storedBytes(app(), upload)).toEqual(Buffer.from('helloworld'));
  });

  it('T67: a body of some megabytes arrives byte for byte', async () => {
    const content = randomBytes(5_000_000);
    const upload = await create(app(), { length: content.length });

    const response = await patch(app(), upload, { body: content });

    expect(response.status).toBe(204);
    expect((await storedBytes(app(), upload)).equals(content)).toBe(true);
  });

  it('T67: several PATCHes and a HEAD share one connection', async () => {
    const upload = await create(app(), { length: 4 });
    const connection = await app().connect();

    await connection.write(patchHead(upload, 0, ['Content-Length: 2']) + 'ab');
    const first = await connection.response();
    await connection.write(patchHead(upload, 2, ['Transfer-Encoding: chunked']));
    await connection.write(chunk('cd') + LAST_CHUNK);
    const second = await connection.response();
    await connection.write(rawHead('HEAD', upload.path, ['Tus-Resumable: 1.0.0']));
    const status = await connection.response({ toHead: true });

    expect([first.status, first.header('Upload-Offset')]).toEqual([204, '2']);
    expect([second.status, second.header('Upload-Offset')]).toEqual([204, '4']);
    expect(status.header('Upload-Offset')).toBe('4');
  });

  it.each([
    'text/plain',
    'application/json',
    'application/octet-stream',
    'application/x-www-form-urlencoded',
    'application/offset+octet-stream2',
    'multipart/form-data; boundary=x',
    'garbage',
    '',
    undefined,
  ])('T68: Content-Type %s is 415, and changes nothing', async (type) => {
    const upload = await create(app(), { length: 5 });

    const response = await patch(app(), upload, {
      body: 'hello',
      headers: { 'Content-Type': type },
    });

    expectRefused(response, 415);
    expect(await offsetOf(app(), upload)).toBe(0);
  });

  it.each([
    'Application/Offset+Octet-Stream',
    'application/offset+octet-stream; charset=utf-8',
    'application/offset+octet-stream;',
    'application/offset+octet-stream ;a="b;c"',
  ])('T68: Content-Type "%s" is the right one', async (type) => {
    const upload = await create(app(), { length: 5 });

    const response = await patch(app(), upload, {
      body: 'hello',
      headers: { 'Content-Type': type },
    });

    expect(response.status).toBe(204);
  });

  it.each([0, 3, 6, 9])('T69: the offset %i where it is 5 is 409 and tells it', async (offset) => {
    const upload = await create(app(), { length: 10, body: 'hello' });

    const response = await patch(app(), upload, { offset, body: 'x' });

    expectRefused(response, 409);
    expect(response.headers['upload-offset']).toBe('5');
    expect(await storedBytes(app(), upload)).toEqual(Buffer.from('hello'));
  });

  it('T69: a client that is sending a large body still reads its 409', async () => {
    const body = randomBytes(8_000_000);
    for (let round = 0; round < 2; round++) {
      const upload = await create(app(), { length: body.length });

      expectRefused(await patch(app(), upload, { offset: 7, body }), 409);
    }
  });

  it('T70: no Upload-Offset is 400, and changes nothing', async () => {
    const upload = await create(app(), { length: 5 });

    const response = await patch(app(), upload, {
      body: 'hello',
      headers: { 'Upload-Offset': undefined },
    });

    expectRefused(response, 400);
    expect(await offsetOf(app(), upload)).toBe(0);
  });

  it.each(['0'.repeat(32), 'abc', 'Z'.repeat(32), '..%2f..', '.tus'])(
    'T71: PATCH to the unknown upload %s is 404',
    async (id) => {
      const response = await patch(app(), { path: `/files/${id}` }, { body: 'hello' });

      expectRefused(response, 404);
      expect(response.headers['upload-offset']).toBeUndefined();
    },
  );

  it('T71: PATCH to a terminated upload is 410', async () => {
    const upload = await create(app(), { length: 5 });
    await terminate(app(), upload);

    expectRefused(await patch(app(), upload, { body: 'hello' }), 410);
    expect(await storedBytes(app(), upload)).toHaveLength(0);
  });

  it('T72: every offset that is told is the number of bytes on the disk', async () => {
    const upload = await create(app(), { length: 1000 });
    let offset = 0;

    for (const size of [1, 99, 400, 0, 500]) {
      const response = await patch(app(), upload, { offset, body: 'x'.repeat(size) });
      offset += size;
      expect(response.headers['upload-offset']).toBe(String(offset));
      expect(await storedBytes(app(), upload)).toHaveLength(offset);
    }
  });

  const cuts: [string, string, string, (connection: RawConnection) => void][] = [
    ['dropped', 'Content-Length: 10', 'hello', (connection) => connection.destroy()],
    ['half closed', 'Content-Length: 10', 'hello', (connection) => connection.end()],
    ['dropped', 'Transfer-Encoding: chunked', chunk('hello'), (it) => it.destroy()],
    ['half closed', 'Transfer-Encoding: chunked', chunk('hello'), (it) => it.end()],
    ['dropped inside a chunk', 'Transfer-Encoding: chunked', 'a\r\nhello', (it) => it.destroy()],
  ];

  it.each(cuts)(
    'T73: bytes of a connection that is %s are kept (%s)',
    async (_name, framing, bytes, cut) => {
      const upload = await create(app(), { length: 10 });
      const connection = await app().connect();
      await connection.write(patchHead(upload, 0, [framing]) + bytes);
      await eventually(async () => expect(await storedBytes(app(), upload)).toHaveLength(5));

      cut(connection);
      await connection.closed;

      expect(await offsetOf(app(), upload)).toBe(5);
      expect((await patch(app(), upload, { offset: 5, body: 'world' })).status).toBe(204);
      expect(await storedBytes(app(), upload)).toEqual(Buffer.from('helloworld'));
    },
  );

  it('T73: bytes that came right before the connection broke are kept', async () => {
    const upload = await create(app(), { length: 100_000 });
    const connection = await app().connect();
    await connection.write(patchHead(upload, 0, ['Content-Length: 100000']));
    await connection.write('x'.repeat(50_000));
    connection.end();
    await connection.closed;

    expect(await offsetOf(app(), upload)).toBe(50_000);
  });

  it('T73: bytes that arrived before a newer request ended their PATCH are kept', async () => {
    const upload = await create(app(), { length: 4 });
    const connection = await app().connect();
    const status = rawHead('HEAD', upload.path, ['Tus-Resumable: 1.0.0']);

    await connection.write(patchHead(upload, 0, ['Content-Length: 2']) + 'ab' + status);
    await connection.response();
    await connection.responseOrClose({ toHead: true });

    expect(await offsetOf(app(), upload)).toBe(2);
  });

  it('T74: more bytes announced than are left is 413 before they are sent', async () => {
    const upload = await create(app(), { length: 10, body: 'hello' });
    const connection = await app().connect();

    await connection.write(patchHead(upload, 5, ['Content-Length: 6']));
    const response = await connection.response();

    expectRefused(response, 413);
    expect(response.header('Connection')).toBe('close');
    await connection.closed;
    expect(await offsetOf(app(), upload)).toBe(5);
  });

  it.each([
    ['in one chunk', ['world!']],
    ['in the second chunk', ['world', '!']],
    ['by far', ['w'.repeat(100_000), 'x'.repeat(100_000)]],
  ])('T75: a chunked body that runs past the length %s leaves nothing', async (_name, body) => {
    const upload = await create(app(), { length: 10, body: 'hello' });

    const response = await patch(app(), upload, { offset: 5, body });

    expectRefused(response, 413);
    expect(await offsetOf(app(), upload)).toBe(5);
    await everythingDelivered();
    expect(app().finished.countOf(upload.id)).toBe(0);
    expect((await patch(app(), upload, { offset: 5, body: 'world' })).status).toBe(204);
    expect(await storedBytes(app(), upload)).toEqual(Buffer.from('helloworld'));
  });

  it('T75: a body that pauses at the length and then goes on leaves nothing', async () => {
    const upload = await create(app(), { length: 10, body: 'hello' });
    const connection = await app().connect();
    await connection.write(patchHead(upload, 5, ['Transfer-Encoding: chunked']) + chunk('world'));
    await eventually(async () => expect(await storedBytes(app(), upload)).toHaveLength(10));

    await connection.write(chunk('!') + LAST_CHUNK);

    expectRefused(await connection.response(), 413);
    expect(await offsetOf(app(), upload)).toBe(5);
    await everythingDelivered();
    expect(app().finished.countOf(upload.id)).toBe(0);
  });

  it('T76: no bytes at the right offset is 204, and changes nothing', async () => {
    const upload = await create(app(), { length: 10, body: 'hello' });

    for (const body of ['', []] satisfies RequestBody[]) {
      const response = await patch(app(), upload, { offset: 5, body });
      expect([response.status, response.headers['upload-offset']]).toEqual([204, '5']);
    }
    expect(await offsetOf(app(), upload)).toBe(5);
  });

  it('T77: no bytes at the end of a finished upload is 204, and delivers nothing again', async () => {
    const upload = await uploadWhole(app(), 'hello');
    await app().finished.of(upload.id);

    for (let round = 0; round < 3; round++) {
      const response = await patch(app(), upload, { offset: 5, body: '' });
      expect([response.status, response.headers['upload-offset']]).toEqual([204, '5']);
    }

    await everythingDelivered();
    expect(app().finished.countOf(upload.id)).toBe(1);
  });

  it('T78: bytes for a finished upload are 409 at another offset and 413 at its end', async () => {
    const upload = await uploadWhole(app(), 'hello');

    const before = await patch(app(), upload, { offset: 4, body: '!' });
    const behind = await patch(app(), upload, { offset: 6, body: '!' });
    const atEnd = await patch(app(), upload, { offset: 5, body: '!' });
    const chunkedAtEnd = await patch(app(), upload, { offset: 5, body: ['!'] });

    expectRefused(before, 409);
    expect(before.headers['upload-offset']).toBe('5');
    expectRefused(behind, 409);
    expectRefused(atEnd, 413);
    expectRefused(chunkedAtEnd, 413);
    expect(await storedBytes(app(), upload)).toEqual(Buffer.from('hello'));
  });

  it('T79: a deferred length is set by a PATCH', async () => {
    const upload = await create(app());

    const response = await patch(app(), upload, {
      body: 'he',
      headers: { 'Upload-Length': '5' },
    });

    expect([response.status, response.headers['upload-offset']]).toEqual([204, '2']);
    expect((await head(app(), upload)).headers['upload-length']).toBe('5');
    expect((await patch(app(), upload, { offset: 2, body: 'llo' })).status).toBe(204);
    expect((await app().finished.of(upload.id)).size).toBe(5);
  });

  it('T79: a deferred length that is reached by the same PATCH finishes the upload', async () => {
    const upload = await create(app());

    await patch(app(), upload, { body: 'hello', headers: { 'Upload-Length': '5' } });

    expect((await app().finished.of(upload.id)).size).toBe(5);
  });

  it.each(['deferred at first', 'known from the start'])(
    'T80: a length that was %s cannot change, the same one is accepted',
    async (kind) => {
      const upload = await create(app(), kind.startsWith('known') ? { length: 10 } : {});
      const headers = { 'Upload-Length': '10' };
      const set = await patch(app(), upload, { body: 'he', headers });
      const same = await patch(app(), upload, { offset: 2, body: 'l', headers });
      const other = await patch(app(), upload, {
        offset: 3,
        body: 'lo',
        headers: { 'Upload-Length': '9' },
      });

      expect([set.status, same.status]).toEqual([204, 204]);
      expectRefused(other, 400);
      const response = await head(app(), upload);
      expect(response.headers['upload-length']).toBe('10');
      expect(response.headers['upload-offset']).toBe('3');
    },
  );

  it('T80: a finished upload keeps its length', async () => {
    const upload = await uploadWhole(app(), 'hello');
    const asking = (length: string) =>
      patch(app(), upload, { offset: 5, body: '', headers: { 'Upload-Length': length } });

    expectRefused(await asking('6'), 400);
    expect((await asking('5')).status).toBe(204);
  });

  it('T81: a length below the offset is 400, and is not set', async () => {
    const upload = await create(app(), { body: 'hello' });

    const response = await patch(app(), upload, {
      offset: 5,
      body: '',
      headers: { 'Upload-Length': '4' },
    });

    expectRefused(response, 400);
    expect((await head(app(), upload)).headers['upload-defer-length']).toBe('1');
  });

  it('T81: a length below what the same PATCH brings is 400, and changes nothing', async () => {
    const upload = await create(app(), { body: 'hello' });

    const response = await patch(app(), upload, {
      offset: 5,
      body: 'world',
      headers: { 'Upload-Length': '7' },
    });

    expectRefused(response, 400);
    expect(await offsetOf(app(), upload)).toBe(5);
    expect((await head(app(), upload)).headers['upload-defer-length']).toBe('1');
  });

  it('T82: a length alone is 204 and sets it; equal to the offset it finishes', async () => {
    const more = await create(app(), { body: 'hello' });
    const exact = await create(app(), { body: 'hello' });
    const setting = (upload: CreatedUpload, length: string) =>
      patch(app(), upload, { offset: 5, body: '', headers: { 'Upload-Length': length } });

    expect((await setting(more, '10')).status).toBe(204);
    expect((await setting(exact, '5')).status).toBe(204);

    expect((await head(app(), more)).headers['upload-length']).toBe('10');
    expect((await app().finished.of(exact.id)).size).toBe(5);
    await everythingDelivered();
    expect(app().finished.countOf(more.id)).toBe(0);
  });

  it('T84: a second PATCH at the same offset ends the first, and never mixes with it', async () => {
    const upload = await create(app(), { length: 10 });
    const first = await app().connect();
    await first.write(patchHead(upload, 0, ['Content-Length: 10']) + 'aaaaa');
    await eventually(async () => expect(await storedBytes(app(), upload)).toHaveLength(5));

    const second = await patch(app(), upload, { offset: 0, body: 'bbbbbbbbbb' });
    const ended = await first.responseOrClose();
    await first.closed;

    expectRefused(second, 409);
    expect(second.headers['upload-offset']).toBe('5');
    expect(ended?.status ?? 423).toBe(423);
    expect(await storedBytes(app(), upload)).toEqual(Buffer.from('aaaaa'));
    expect((await patch(app(), upload, { offset: 5, body: 'ccccc' })).status).toBe(204);
  });

  it('T84: of PATCHes that race at one offset at most one succeeds, and none are mixed', async () => {
    for (let round = 0; round < 5; round++) {
      const upload = await create(app(), { length: 50_000 });
      const bodies = ['a', 'b', 'c'].map((letter) => letter.repeat(50_000));
      const racing = bodies.map((body) => statusOf(patch(app(), upload, { body })));

      const statuses = await Promise.all(racing);

      expect(statuses.filter((status) => status === 204).length).toBeLessThanOrEqual(1);
      statuses.forEach((status) => expect([204, 409, 413, 423, 'closed']).toContain(status));
      const content = (await storedBytes(app(), upload)).toString();
      expect(bodies.some((body) => body.startsWith(content))).toBe(true);
      expect(await offsetOf(app(), upload)).toBe(content.length);
    }
  });

  it('T85: a PATCH that is ended by a newer one is told when to try again, or closed', async () => {
    const upload = await create(app(), { length: 10 });
    const older = await app().connect();
    await older.write(patchHead(upload, 0, ['Content-Length: 10']) + 'hello');
    await eventually(async () => expect(await storedBytes(app(), upload)).toHaveLength(5));

    const newer = await patch(app(), upload, { offset: 5, body: 'world' });
    const ended = await older.responseOrClose();
    await older.closed;

    expect([newer.status, newer.headers['upload-offset']]).toEqual([204, '10']);
    if (ended) {
      expectRefused(ended, 423);
      expect(ended.header('Retry-After')).toMatch(/^\d+$/);
      expect(ended.header('Connection')).toBe('close');
    }
    expect(await storedBytes(app(), upload)).toEqual(Buffer.from('helloworld'));
  });

  it('T88: a compressed body is stored as it was sent', async () => {
    const body = gzipSync('hello '.repeat(1000));
    const upload = await create(app(), { length: body.length });

    const response = await patch(app(), upload, {
      body,
      headers: { 'Content-Encoding': 'gzip' },
    });

    expect(response.status).toBe(204);
    expect((await storedBytes(app(), upload)).equals(body)).toBe(true);
  });

  it('T89: a chunked body works', async () => {
    const upload = await create(app(), { length: 10 });

    const response = await patch(app(), upload, { body: ['he', 'llo', 'wor', 'ld'] });

    expect([response.status, response.headers['upload-offset']]).toEqual([204, '10']);
    expect((await app().finished.of(upload.id)).size).toBe(10);
  });

  it('T89: a chunked body with extensions and trailers is stored without them', async () => {
    const upload = await create(app(), { length: 5 });
    const connection = await app().connect();

    await connection.write(patchHead(upload, 0, ['Transfer-Encoding: chunked']));
    await connection.write('2;name=value\r\nhe\r\n3;x\r\nllo\r\n0\r\nX-Trailer: yes\r\n\r\n');

    expect((await connection.response()).status).toBe(204);
    expect(await storedBytes(app(), upload)).toEqual(Buffer.from('hello'));
  });

  it('T90: parallel last PATCHes finish an upload once', async () => {
    const uploads = await Promise.all(
      Array.from({ length: 5 }, () => create(app(), { length: 10, body: 'hello' })),
    );

    for (const upload of uploads) {
      const racing = Array.from({ length: 4 }, () =>
        statusOf(patch(app(), upload, { offset: 5, body: 'world' })),
      );
      const statuses = await Promise.all(racing);
      expect(statuses.filter((status) => status === 204).length).toBeLessThanOrEqual(1);
      const offset = await offsetOf(app(), upload);
      await patch(app(), upload, { offset, body: 'world'.slice(offset - 5) });
    }

    await everythingDelivered();
    for (const upload of uploads) {
      expect((await app().finished.of(upload.id)).size).toBe(10);
      expect(await storedBytes(app(), upload)).toEqual(Buffer.from('helloworld'));
      expect(app().finished.countOf(upload.id)).toBe(1);
    }
  });

  /** A further upload's delivery: whatever was due before it has been delivered too. */
  async function everythingDelivered(): Promise<void> {
    await app().finished.of((await uploadWhole(app(), 'barrier')).id);
  }
});

describe.each(PLATFORMS)('PATCH with a maximum, on %s', (platform) => {
  const app = useApp({ platform, tus: { maxSize: 10 } });

  it('T81: a length over the maximum is 413, and is not set', async () => {
    const upload = await create(app(), { body: 'hello' });

    const response = await patch(app(), upload, {
      offset: 5,
      body: '',
      headers: { 'Upload-Length': '11' },
    });

    expectRefused(response, 413);
    expect((await head(app(), upload)).headers['upload-defer-length']).toBe('1');
  });

  it.each([
    ['announced', 'world!'],
    ['chunked', ['world', '!']],
  ])('T83: bytes past the maximum of a deferred upload are 413 (%s)', async (_name, body) => {
    const upload = await create(app(), { body: 'hello' });

    const response = await patch(app(), upload, { offset: 5, body });

    expectRefused(response, 413);
    expect(await offsetOf(app(), upload)).toBeLessThanOrEqual(10);
    expect((await storedBytes(app(), upload)).length).toBeLessThanOrEqual(10);
  });

  it('T83: bytes up to the maximum of a deferred upload are taken', async () => {
    const upload = await create(app(), { body: 'hello' });

    const response = await patch(app(), upload, { offset: 5, body: ['wor', 'ld'] });

    expect([response.status, response.headers['upload-offset']]).toEqual([204, '10']);
  });
});

describe.each(PLATFORMS)('PATCH with a short idle time, on %s', (platform) => {
  const app = useApp({ platform, tus: { idleTimeout: 0.2 } });

  it.each([
    ['Content-Length: 10', 'hello'],
    ['Transfer-Encoding: chunked', chunk('hello')],
  ])('T86: a body that stops is ended by closing, its bytes kept (%s)', async (framing, bytes) => {
    const upload = await create(app(), { length: 10 });
    const connection = await app().connect();

    await connection.write(patchHead(upload, 0, [framing]) + bytes);
    await connection.closed;

    expect(await offsetOf(app(), upload)).toBe(5);
    expect((await patch(app(), upload, { offset: 5, body: 'world' })).status).toBe(204);
  });

  it('T86: a body that never begins is ended by closing', async () => {
    const upload = await create(app(), { length: 10 });
    const connection = await app().connect();

    await connection.write(patchHead(upload, 0, ['Content-Length: 10']));
    await connection.closed;

    expect(await offsetOf(app(), upload)).toBe(0);
  });
});

function patchHead(upload: CreatedUpload, offset: number, lines: string[]): string {
  return rawHead('PATCH', upload.path, [...PATCH_LINES, `Upload-Offset: ${offset}`, ...lines]);
}

async function statusOf(response: Promise<{ status: number }>): Promise<number | 'closed'> {
  return response.then(
    ({ status }) => status,
    () => 'closed' as const,
  );
}
