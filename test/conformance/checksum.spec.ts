import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import {
  heldNames,
  LAST_CHUNK,
  OCTETS,
  PLATFORMS,
  RawConnection,
  SeededContent,
  chunk,
  create,
  eventually,
  expectRefused,
  head,
  listOf,
  makeTempFolder,
  offsetOf,
  patch,
  post,
  rawHead,
  removeTempFolder,
  request,
  startApp,
  storedBytes,
  uploadWhole,
  useApp,
} from '../support/index.js';
import type { CreatedUpload, TestApp, TusOptions } from '../support/index.js';

const ALGORITHMS = ['sha1', 'sha256', 'sha512', 'md5', 'crc32'] as const;
type Algorithm = (typeof ALGORITHMS)[number];

const MB = 1024 * 1024;

const LINES = ['Tus-Resumable: 1.0.0', `Content-Type: ${OCTETS}`];

/** Values of `Upload-Checksum` that are none, and what is wrong with them. */
const MALFORMED: [string, string][] = [
  ['no digest', 'sha1'],
  ['no space', 'sha1Kq5sNclPz7QV2+lfQIuc6R7oRu0='],
  ['nothing', ''],
  ['bad Base64', 'sha1 !!!!'],
  ['Base64 without padding', 'sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0'],
  ['the digest of another algorithm', 'sha1 XrY7u+Ae7tCTyyK7j1rNww=='],
  ['a digest in hexadecimal digits', 'sha1 2aae6c35c94fcfb415dbe95f408b9ce91ee846ed'],
  ['two checksums', 'sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=, md5 XrY7u+Ae7tCTyyK7j1rNww=='],
];

function checksum(bytes: string | Uint8Array, algorithm: Algorithm = 'sha1'): string {
  return `${algorithm} ${digest(bytes, algorithm).toString('base64')}`;
}

function digest(bytes: string | Uint8Array, algorithm: Algorithm): Buffer {
  if (algorithm !== 'crc32') return createHash(algorithm).update(bytes).digest();
  const result = Buffer.alloc(4);
  result.writeUInt32BE(crc32(bytes));
  return result;
}

/** The header of bytes that were announced to be such, right or wrong. */
function announced(bytes: string | Uint8Array, algorithm?: Algorithm) {
  return { 'Upload-Checksum': checksum(bytes, algorithm) };
}

/** Resolves once deliveries that were there before have been made. */
async function everythingDelivered(app: TestApp): Promise<void> {
  await app.finished.of((await uploadWhole(app, 'barrier')).id);
}

/** Sends the head of a PATCH and the first bytes of its body; resolves once they are on disk. */
async function beginPatch(
  app: TestApp,
  upload: CreatedUpload,
  { offset = 0, lines, start }: { offset?: number; lines: readonly string[]; start: string },
): Promise<RawConnection> {
  const connection = await app.connect();
  const all = [...LINES, `Upload-Offset: ${offset}`, ...lines];
  await connection.write(rawHead('PATCH', upload.path, all) + start);
  await eventually(async () => {
    expect((await storedBytes(app, upload)).length).toBeGreaterThan(offset);
  });
  return connection;
}

async function expectStored(app: TestApp, upload: CreatedUpload, content: string): Promise<void> {
  expect((await storedBytes(app, upload)).toString()).toBe(content);
}

describe.each(PLATFORMS)('checksums on %s', (platform) => {
  const app = useApp({ platform });

  it('tells that they are offered, by which algorithms, and that trailers are not', async () => {
    const { headers } = await request(app(), { method: 'OPTIONS', path: '/files' });

    expect(listOf(headers['tus-extension'] as string)).toContain('checksum');
    expect(listOf(headers['tus-extension'] as string)).not.toContain('checksum-trailer');
    expect(headers['tus-checksum-algorithm']).toBe(ALGORITHMS.join(','));
  });

  it.each(ALGORITHMS)('T99a: bytes that are what %s says are 204, and count', async (algorithm) => {
    const upload = await create(app(), { length: 20 });

    const response = await patch(app(), upload, {
      body: 'hello world',
      headers: announced('hello world', algorithm),
    });

    expect(response.status).toBe(204);
    expect(response.headers['upload-offset']).toBe('11');
    expect(await offsetOf(app(), upload)).toBe(11);
    await expectStored(app(), upload, 'hello world');
  });

  it('T99a: the values of the specification are taken', async () => {
    const sha1 = { 'Upload-Checksum': 'sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=' };
    const md5 = { 'Upload-Checksum': 'md5 XrY7u+Ae7tCTyyK7j1rNww==' };
    const upload = await create(app(), { length: 22 });

    const first = await patch(app(), upload, { body: 'hello world', headers: sha1 });
    const second = await patch(app(), upload, { offset: 11, body: 'hello world', headers: md5 });

    expect([first.status, second.status]).toEqual([204, 204]);
  });

  it('T99a: chunked bodies are verified as well', async () => {
    const upload = await create(app(), { length: 20 });
    const body = ['hello', ' ', 'world'];

    const wrong = await patch(app(), upload, { body, headers: announced('hello') });
    const right = await patch(app(), upload, { body, headers: announced('hello world') });

    expect([wrong.status, right.status]).toEqual([460, 204]);
    await expectStored(app(), upload, 'hello world');
  });

  it('T99a: chunks with checksums and chunks without make up one upload', async () => {
    const upload = await create(app(), { length: 15 });

    await patch(app(), upload, { body: 'hello', headers: announced('hello') });
    await patch(app(), upload, { offset: 5, body: ' fine' });
    await patch(app(), upload, { offset: 10, body: 'world', headers: announced('world', 'md5') });

    expect((await app().finished.of(upload.id)).size).toBe(15);
    await everythingDelivered(app());
    expect(app().finished.countOf(upload.id)).toBe(1);
    await expectStored(app(), upload, 'hello fineworld');
  });

  it('T99a: a checksum goes with a length that had been deferred', async () => {
    const upload = await create(app());

    const response = await patch(app(), upload, {
      body: 'hello',
      headers: { 'Upload-Length': '5', ...announced('hello') },
    });

    expect(response.status).toBe(204);
    expect((await app().finished.of(upload.id)).size).toBe(5);
  });

  it.each(ALGORITHMS)(
    'T99b: other bytes than %s says are 460, and do not count',
    async (algorithm) => {
      const upload = await create(app(), { length: 20, body: 'hello' });

      const response = await patch(app(), upload, {
        offset: 5,
        body: ' world',
        headers: announced(' worle', algorithm),
      });

      expectRefused(response, 460);
      expect(response.reason).toBe('Checksum Mismatch');
      await expectStored(app(), upload, 'hello');
      expect(await offsetOf(app(), upload)).toBe(5);
    },
  );

  it('T99b: right bytes are taken after wrong ones', async () => {
    const upload = await create(app(), { length: 5 });

    await patch(app(), upload, { body: 'hallo', headers: announced('hello') });
    const response = await patch(app(), upload, { body: 'hello', headers: announced('hello') });

    expect(response.status).toBe(204);
    await expectStored(app(), upload, 'hello');
    expect((await app().finished.of(upload.id)).size).toBe(5);
  });

  it('T99b: megabytes of which the last byte is wrong do not count', async () => {
    const bytes = new SeededContent(platform, 5 * MB).bytes();
    const upload = await create(app(), { length: bytes.length + 5, body: 'hello' });
    const sent = Buffer.from(bytes);
    sent[sent.length - 1]! ^= 1;

    const wrong = await patch(app(), upload, { offset: 5, body: sent, headers: announced(bytes) });
    const left = await storedBytes(app(), upload);
    const right = await patch(app(), upload, { offset: 5, body: bytes, headers: announced(bytes) });

    expect([wrong.status, right.status]).toEqual([460, 204]);
    expect(left.toString()).toBe('hello');
    const stored = await storedBytes(app(), upload);
    expect(stored.equals(Buffer.concat([Buffer.from('hello'), bytes]))).toBe(true);
  });

  it('T99b: the connection goes on after 460', async () => {
    const upload = await create(app(), { length: 5 });
    const lines = [...LINES, 'Upload-Offset: 0', 'Content-Length: 5'];
    const connection = await app().connect();

    await connection.write(
      rawHead('PATCH', upload.path, [...lines, `Upload-Checksum: ${checksum('x')}`]) + 'hello',
    );
    expect((await connection.response()).status).toBe(460);
    await connection.write(
      rawHead('PATCH', upload.path, [...lines, `Upload-Checksum: ${checksum('hello')}`]) + 'hello',
    );
    expect((await connection.response()).status).toBe(204);
  });

  it('T99b, T93: 460 says when the upload expires', async () => {
    const upload = await create(app(), { length: 5 });

    const response = await patch(app(), upload, { body: 'hallo', headers: announced('hello') });

    expect(Date.parse(response.headers['upload-expires'] as string)).toBeGreaterThan(Date.now());
  });

  it.each(['sha3', 'md4', 'crc64', 'sha-1', 'constructor'])(
    'T99c: the algorithm %s is 400 before a byte of the body was sent',
    async (algorithm) => {
      const upload = await create(app(), { length: 5 });

      await expectRefusedEarly(upload, [`Upload-Checksum: ${algorithm} XrY7u+Ae7tCTyyK7j1rNww==`]);
    },
  );

  it('T99c, T53: who waits for 100 gets 400 in its place', async () => {
    const upload = await create(app(), { length: 5 });

    await expectRefusedEarly(upload, ['Expect: 100-continue', 'Upload-Checksum: sha3 AAAA']);
  });

  it.each(MALFORMED)('T99d: %s is 400 before a byte was sent', async (_, value) => {
    const upload = await create(app(), { length: 5 });

    await expectRefusedEarly(upload, [`Upload-Checksum: ${value}`]);
  });

  it('T99d: two lines are 400, also when they are equal', async () => {
    const upload = await create(app(), { length: 5 });
    const line = `Upload-Checksum: ${checksum('hello')}`;

    await expectRefusedEarly(upload, [line, line]);
    await expectRefusedEarly(upload, [line, `Upload-Checksum: ${checksum('hello', 'md5')}`]);
  });

  it('T99e: names in upper case are 400', async () => {
    const upload = await create(app(), { length: 5 });
    const sha1 = checksum('hello').slice('sha1 '.length);

    await expectRefusedEarly(upload, [`Upload-Checksum: SHA1 ${sha1}`]);
    await expectRefusedEarly(upload, [`Upload-Checksum: Sha1 ${sha1}`]);
  });

  it.each([
    ['Content-Length: 10', ' wor'],
    ['Transfer-Encoding: chunked', chunk(' wor')],
  ])('T99f: nothing is kept of a body that is lost (%s)', async (framing, start) => {
    const upload = await create(app(), { length: 20, body: 'hello' });
    const lines = [framing, `Upload-Checksum: ${checksum(' world yes')}`];

    const connection = await beginPatch(app(), upload, { offset: 5, lines, start });
    connection.destroy();

    await eventually(() => expectStored(app(), upload, 'hello'));
    expect(await offsetOf(app(), upload)).toBe(5);
  });

  it('T99f: nothing is kept of a body whose client stops in the middle of it', async () => {
    const upload = await create(app(), { length: 20, body: 'hello' });
    // What was sent is what was announced, only that it is not the whole body.
    const lines = ['Content-Length: 10', `Upload-Checksum: ${checksum(' wor')}`];

    const connection = await beginPatch(app(), upload, { offset: 5, lines, start: ' wor' });
    connection.end();
    await connection.closed;

    await eventually(() => expectStored(app(), upload, 'hello'));
    expect(await offsetOf(app(), upload)).toBe(5);
  });

  it('T99f: bytes that are not verified yet are not shown', async () => {
    const upload = await create(app(), { length: 20, body: 'hello' });
    const lines = ['Content-Length: 10', `Upload-Checksum: ${checksum(' world yes')}`];

    const connection = await beginPatch(app(), upload, { offset: 5, lines, start: ' wor' });
    expect((await app().tus.find(upload.id))?.offset).toBe(5);
    await connection.write('ld yes');

    expect((await connection.response()).status).toBe(204);
    expect((await app().tus.find(upload.id))?.offset).toBe(15);
  });

  it('T99f: nothing is kept of a body when a newer HEAD takes the upload over', async () => {
    const upload = await create(app(), { length: 20, body: 'hello' });
    const lines = ['Content-Length: 10', `Upload-Checksum: ${checksum(' world yes')}`];
    const connection = await beginPatch(app(), upload, { offset: 5, lines, start: ' wor' });

    expect(await offsetOf(app(), upload)).toBe(5);

    await expectStored(app(), upload, 'hello');
    expect((await connection.response()).status).toBe(423);
  });

  it('T99f: a newer PATCH goes on before a body that it takes over', async () => {
    const upload = await create(app(), { length: 10, body: 'hello' });
    const lines = ['Content-Length: 5', `Upload-Checksum: ${checksum('wrong')}`];
    const connection = await beginPatch(app(), upload, { offset: 5, lines, start: 'wro' });

    const response = await patch(app(), upload, {
      offset: 5,
      body: 'world',
      headers: announced('world'),
    });

    expect(response.status).toBe(204);
    expect((await connection.response()).status).toBe(423);
    await app().finished.of(upload.id);
    await expectStored(app(), upload, 'helloworld');
  });

  it('T99g: a wrong checksum at the end does not finish an upload', async () => {
    const upload = await create(app(), { length: 10, body: 'hello' });

    const wrong = await patch(app(), upload, {
      offset: 5,
      body: 'world',
      headers: announced('worle'),
    });
    await everythingDelivered(app());

    expect(wrong.status).toBe(460);
    expect(app().finished.countOf(upload.id)).toBe(0);
    expect((await head(app(), upload)).headers['upload-offset']).toBe('5');
    expect((await app().tus.find(upload.id))?.state).toBe('receiving');
  });

  it('T99k: the checksum of an empty body must be that of nothing', async () => {
    const upload = await create(app(), { length: 5 });
    const empty = { 'Upload-Checksum': 'sha1 2jmj7l5rSw0yVb/vlWAYkK/YBwk=' };

    const right = await patch(app(), upload, { body: '', headers: empty });
    const wrong = await patch(app(), upload, { body: '', headers: announced('hello') });
    const chunkedRight = await patch(app(), upload, { body: [], headers: empty });
    const chunkedWrong = await patch(app(), upload, { body: [], headers: announced('hello') });

    expect([right, wrong, chunkedRight, chunkedWrong].map(({ status }) => status)).toEqual([
      204, 460, 204, 460,
    ]);
    expect(await offsetOf(app(), upload)).toBe(0);
  });

  it('T99k: the checksum of an empty body must be that of nothing at the end of an upload, too', async () => {
    const upload = await uploadWhole(app(), 'hello');
    const at = { offset: 5, body: '' };

    const right = await patch(app(), upload, { ...at, headers: announced('') });
    const wrong = await patch(app(), upload, { ...at, headers: announced('hello') });
    const chunkedWrong = await patch(app(), upload, {
      offset: 5,
      body: [],
      headers: announced('hello'),
    });

    expect([right, wrong, chunkedWrong].map(({ status }) => status)).toEqual([204, 460, 460]);
  });

  it('T75: a chunked body that is too long is 413, whatever its checksum', async () => {
    const upload = await create(app(), { length: 10, body: 'hello' });

    const response = await patch(app(), upload, {
      offset: 5,
      body: ['wor', 'ld!'],
      headers: announced('world!'),
    });

    expectRefused(response, 413);
    expect(await offsetOf(app(), upload)).toBe(5);
    await expectStored(app(), upload, 'hello');
  });

  it.each(ALGORITHMS)('T54: a creation with the bytes that %s says is 201', async (algorithm) => {
    const upload = await create(app(), {
      length: 20,
      body: 'hello world',
      headers: announced('hello world', algorithm),
    });

    expect(upload.response.headers['upload-offset']).toBe('11');
    await expectStored(app(), upload, 'hello world');
  });

  it('T54: a creation with all bytes and their checksum finishes the upload', async () => {
    const upload = await create(app(), { length: 5, body: 'hello', headers: announced('hello') });

    expect((await app().finished.of(upload.id)).size).toBe(5);
  });

  it('T54: a creation with other bytes is 460, and nothing of it is left', async () => {
    const [files, receiving] = [await heldNames(app()), await countReceiving()];

    for (const body of ['hello', ['hel', 'lo']]) {
      const response = await post(app(), { length: 5, body, headers: announced('hallo') });
      expectRefused(response, 460);
      expect(response.headers.location).toBeUndefined();
    }

    expect(await heldNames(app())).toEqual(files);
    expect(await countReceiving()).toBe(receiving);
  });

  it.each([['an unknown algorithm', 'sha3 AAAA'], ...MALFORMED])(
    'T54: a creation with %s is 400 before a byte was sent, and creates nothing',
    async (_, value) => {
      const receiving = await countReceiving();
      const connection = await app().connect();
      const lines = [
        ...LINES,
        'Upload-Length: 5',
        'Content-Length: 5',
        `Upload-Checksum: ${value}`,
      ];

      await connection.write(rawHead('POST', '/files', lines));

      expectRefused(await connection.response(), 400);
      expect(await countReceiving()).toBe(receiving);
    },
  );

  it('T54: a creation without a body has the checksum of nothing', async () => {
    const right = await post(app(), { length: 5, headers: announced('') });
    const wrong = await post(app(), { length: 5, headers: announced('hello') });

    expect([right.status, wrong.status]).toEqual([201, 460]);
  });

  it('T54: nothing is kept of a creation whose body is lost', async () => {
    const before = await heldNames(app());
    const connection = await app().connect();
    const lines = [...LINES, 'Upload-Length: 20', 'Content-Length: 10'];

    await connection.write(
      rawHead('POST', '/files', [...lines, `Upload-Checksum: ${checksum('hello')}`]) + 'hello',
    );
    const [name] = await eventually(async () => {
      const added = (await heldNames(app())).filter((file) => !before.includes(file));
      expect(added).toHaveLength(1);
      return added;
    });
    await eventually(() => expectStored(app(), { id: name! } as CreatedUpload, 'hello'));
    connection.destroy();

    await eventually(() => expectStored(app(), { id: name! } as CreatedUpload, ''));
    expect((await app().tus.find(name!))?.offset).toBe(0);
  });

  it('T99j: a trailer is ignored where trailers are not offered', async () => {
    const upload = await create(app(), { length: 20 });
    const connection = await app().connect();
    const lines = [...LINES, 'Upload-Offset: 0', 'Transfer-Encoding: chunked'];

    await connection.write(rawHead('PATCH', upload.path, [...lines, 'Trailer: Upload-Checksum']));
    await connection.write(`${chunk('hello')}0\r\nUpload-Checksum: ${checksum('hallo')}\r\n\r\n`);

    expect((await connection.response()).status).toBe(204);
    expect(await offsetOf(app(), upload)).toBe(5);
  });

  it('T99j: a header counts although a trailer is announced, too', async () => {
    const upload = await create(app(), { length: 20 });
    const headers = { Trailer: 'Upload-Checksum' };

    const wrong = await patch(app(), upload, {
      body: ['hello'],
      headers: { ...headers, ...announced('hallo') },
    });
    const right = await patch(app(), upload, {
      body: ['hello'],
      headers: { ...headers, ...announced('hello') },
    });

    expect([wrong.status, right.status]).toEqual([460, 204]);
  });

  /** The refusal comes before the body, and the upload is as it was. */
  async function expectRefusedEarly(
    upload: CreatedUpload,
    lines: readonly string[],
  ): Promise<void> {
    const connection = await app().connect();
    const all = [...LINES, 'Upload-Offset: 0', 'Content-Length: 5', ...lines];

    await connection.write(rawHead('PATCH', upload.path, all));
    const response = await connection.response();

    expectRefused(response, 400);
    expect(response.interim).toEqual([]);
    expect(response.header('Connection')).toBe('close');
    expect(await offsetOf(app(), upload)).toBe(0);
    await expectStored(app(), upload, '');
  }

  async function countReceiving(): Promise<number> {
    return (await app().tus.list({ state: 'receiving', limit: 1000 })).items.length;
  }
});

describe.each(PLATFORMS)('checksums in trailers on %s', (platform) => {
  const app = useApp({
    platform,
    tus: {
      extensions: ['creation', 'creation-with-upload', 'checksum', 'checksum-trailer'],
    },
  });

  it('T99h: trailers are told to be offered', async () => {
    const { headers } = await request(app(), { method: 'OPTIONS', path: '/files' });

    expect(listOf(headers['tus-extension'] as string)).toContain('checksum-trailer');
  });

  it.each(ALGORITHMS)('T99h: bytes that are what %s says are 204', async (algorithm) => {
    const upload = await create(app(), { length: 11 });

    const response = await send(upload, ['hello', ' world'], checksum('hello world', algorithm));

    expect(response.status).toBe(204);
    expect(response.header('Upload-Offset')).toBe('11');
    await expectStored(app(), upload, 'hello world');
    expect((await app().finished.of(upload.id)).size).toBe(11);
  });

  it.each(ALGORITHMS)('T99h: other bytes than %s says are 460', async (algorithm) => {
    const upload = await create(app(), { length: 11 });

    const response = await send(upload, ['hello', ' worle'], checksum('hello world', algorithm));
    await everythingDelivered(app());

    expectRefused(response, 460);
    expect(await offsetOf(app(), upload)).toBe(0);
    await expectStored(app(), upload, '');
    expect(app().finished.countOf(upload.id)).toBe(0);
  });

  it.each([['an unknown algorithm', 'sha3 AAAA'], ...MALFORMED])(
    'T99h: %s is 400, and nothing is kept',
    async (_, value) => {
      const upload = await create(app(), { length: 11 });

      expectRefused(await send(upload, ['hello'], value), 400);

      expect(await offsetOf(app(), upload)).toBe(0);
      await expectStored(app(), upload, '');
    },
  );

  it('T99h: the name of the trailer may stand among others, in any case', async () => {
    const upload = await create(app(), { length: 11 });
    const lines = ['Trailer: Expires, upload-checksum'];

    const wrong = await send(upload, ['hello'], checksum('hallo'), lines);
    const right = await send(upload, ['hello'], checksum('hello'), lines);

    expect([wrong.status, right.status]).toEqual([460, 204]);
  });

  it('T99i: a trailer that was announced and did not come is 400, and nothing is kept', async () => {
    const upload = await create(app(), { length: 11 });

    expectRefused(await send(upload, ['hello'], undefined), 400);

    expect(await offsetOf(app(), upload)).toBe(0);
    await expectStored(app(), upload, '');
  });

  it.each([
    ['Content-Length: 5', 'hello'],
    ['Content-Length: 0', ''],
  ])('T99i: a trailer announced by a body that can have none is 400 (%s)', async (line, body) => {
    const upload = await create(app(), { length: 11 });
    const connection = await app().connect();
    const lines = [...LINES, 'Upload-Offset: 0', 'Trailer: Upload-Checksum', line];

    await connection.write(rawHead('PATCH', upload.path, lines) + body);

    expectRefused(await connection.response(), 400);
    expect(await offsetOf(app(), upload)).toBe(0);
    await expectStored(app(), upload, '');
  });

  it('T99i: a header and a trailer are 400 before a byte was sent', async () => {
    const upload = await create(app(), { length: 11 });
    const connection = await app().connect();

    await connection.write(
      rawHead('PATCH', upload.path, [
        ...LINES,
        'Upload-Offset: 0',
        'Transfer-Encoding: chunked',
        'Trailer: Upload-Checksum',
        `Upload-Checksum: ${checksum('hello')}`,
      ]),
    );

    expectRefused(await connection.response(), 400);
    expect(await offsetOf(app(), upload)).toBe(0);
  });

  it('T99h: two trailers are 400', async () => {
    const upload = await create(app(), { length: 11 });
    const twice = `${checksum('hello')}\r\nUpload-Checksum: ${checksum('hello')}`;

    expectRefused(await send(upload, ['hello'], twice), 400);

    expect(await offsetOf(app(), upload)).toBe(0);
  });

  it('T99h: a checksum in the header still is one', async () => {
    const upload = await create(app(), { length: 11 });

    const wrong = await patch(app(), upload, { body: ['hello'], headers: announced('hallo') });
    const right = await patch(app(), upload, { body: ['hello'], headers: announced('hello') });

    expect([wrong.status, right.status]).toEqual([460, 204]);
  });

  it('T99f: nothing is kept of a body that is lost before its trailer', async () => {
    const upload = await create(app(), { length: 11 });
    const lines = ['Transfer-Encoding: chunked', 'Trailer: Upload-Checksum'];

    const connection = await beginPatch(app(), upload, { lines, start: chunk('hello') });
    connection.destroy();

    await eventually(() => expectStored(app(), upload, ''));
    expect(await offsetOf(app(), upload)).toBe(0);
  });

  it('T99k: an empty body has the checksum of nothing', async () => {
    const upload = await create(app(), { length: 11 });

    const right = await send(upload, [], checksum(''));
    const wrong = await send(upload, [], checksum('hello'));

    expect([right.status, wrong.status]).toEqual([204, 460]);
  });

  it('T54: a creation with bytes is held against its trailer', async () => {
    const before = await heldNames(app());

    const wrong = await sendRaw('POST', '/files', ['Upload-Length: 11'], ['hello'], checksum('x'));
    expectRefused(wrong, 460);
    expect(wrong.header('Location')).toBeUndefined();
    expect(await heldNames(app())).toEqual(before);

    const right = await sendRaw('POST', '/files', ['Upload-Length: 11'], ['a'], checksum('a'));
    expect(right.status).toBe(201);
    expect(right.header('Upload-Offset')).toBe('1');
  });

  function send(
    upload: CreatedUpload,
    parts: readonly string[],
    trailer: string | undefined,
    lines = ['Trailer: Upload-Checksum'],
  ) {
    return sendRaw('PATCH', upload.path, ['Upload-Offset: 0', ...lines], parts, trailer);
  }

  async function sendRaw(
    method: string,
    path: string,
    lines: readonly string[],
    parts: readonly string[],
    trailer: string | undefined,
  ) {
    const connection = await app().connect();
    const announcement = method === 'POST' ? ['Trailer: Upload-Checksum'] : [];
    const all = [...LINES, 'Transfer-Encoding: chunked', ...announcement, ...lines];
    const end = trailer === undefined ? LAST_CHUNK : `0\r\nUpload-Checksum: ${trailer}\r\n\r\n`;
    await connection.write(rawHead(method, path, all) + parts.map(chunk).join('') + end);
    return connection.response();
  }
});

describe.each(PLATFORMS)('checksums that are not offered, on %s', (platform) => {
  const app = useApp({ platform, tus: { extensions: ['creation', 'creation-with-upload'] } });

  it('are not told', async () => {
    const { headers } = await request(app(), { method: 'OPTIONS', path: '/files' });

    expect(listOf(headers['tus-extension'] as string)).not.toContain('checksum');
    expect(headers['tus-checksum-algorithm']).toBeUndefined();
  });

  it('are 400, for nobody would verify them', async () => {
    const upload = await create(app(), { length: 5 });

    expectRefused(await patch(app(), upload, { body: 'hello', headers: announced('hello') }), 400);
    expectRefused(await post(app(), { length: 5, headers: announced('') }), 400);
    expect(await offsetOf(app(), upload)).toBe(0);
  });
});

describe.each(PLATFORMS)('a checksummed body that is broken off by %s', (platform) => {
  let folder: string;
  let running: TestApp | undefined;

  beforeEach(async () => {
    folder = await makeTempFolder();
  });

  afterEach(async () => {
    await running?.close();
    await removeTempFolder(folder);
  });

  async function start(tus: TusOptions = {}): Promise<TestApp> {
    running = await startApp({ platform, tmpFileDir: folder, tus });
    return running;
  }

  const lines = ['Content-Length: 10', `Upload-Checksum: ${checksum(' world yes')}`];

  it('T99f, T86: leaves nothing when its client falls silent', async () => {
    const app = await start({ idleTimeout: '300ms' });
    const upload = await create(app, { length: 20, body: 'hello' });

    const connection = await beginPatch(app, upload, { offset: 5, lines, start: ' wor' });
    await connection.closed;

    await eventually(() => expectStored(app, upload, 'hello'));
    expect(await offsetOf(app, upload)).toBe(5);
  });

  it('T99f: leaves nothing when the app is shut down', async () => {
    const app = await start();
    const upload = await create(app, { length: 20, body: 'hello' });
    const connection = await beginPatch(app, upload, { offset: 5, lines, start: ' wor' });

    const [response] = await Promise.all([connection.responseOrClose(), app.nest.close()]);
    await expectStored(app, upload, 'hello');
    const next = await start();

    expect([undefined, 503]).toContain(response?.status);
    expect(await offsetOf(next, upload)).toBe(5);
    connection.destroy();
  });

  it.each(['completion', 'chunk', 'none'] as const)(
    'T99b: leaves nothing when it is wrong, with durability %s',
    async (durability) => {
      const app = await start({ durability });
      const upload = await create(app, { length: 20, body: 'hello' });

      const wrong = await patch(app, upload, { offset: 5, body: 'a', headers: announced('b') });
      const right = await patch(app, upload, { offset: 5, body: 'b', headers: announced('b') });

      expect([wrong.status, right.status]).toEqual([460, 204]);
      await expectStored(app, upload, 'hellob');
    },
  );
});
