import { randomBytes } from 'node:crypto';
import { ConflictException } from '@nestjs/common';
import {
  LAST_CHUNK,
  PLATFORMS,
  VERSIONS,
  append,
  appendHeaders,
  cancel,
  chunk,
  createResumable,
  eventually,
  expectProblem,
  limitsOf,
  linesOf,
  rawHead,
  retrieveOffset,
  sendCreation,
  standingOf,
  storedBytes,
  uploadAt,
  useApp,
} from '../../support/index.js';
import type { CreatedUpload, RawConnection } from '../../support/index.js';
import { WITH_ENDPOINT, endpointOf } from '../../e2e/endpoint-controller.js';

/** The versions whose texts say what to do with an append to a complete upload anew. */
const LATER = [8, 9, 10];

describe.each(PLATFORMS)('appends of the IETF on %s', (platform) => {
  const app = useApp({ platform, tus: { protocols: ['tus', 'ietf'] }, ...WITH_ENDPOINT });

  it.each(VERSIONS)('R40: no Upload-Offset is 400, and changes nothing (%i)', async (version) => {
    const upload = await createResumable(app(), { version });

    const headers = { 'Upload-Offset': undefined };
    const response = await append(app(), upload, { version, body: 'hello', headers });

    expectProblem(response, 400);
    expect(response.headers['upload-complete']).toBe('?0');
    expect(await standingOf(app(), upload)).toEqual(['0', '?0']);
  });

  it.each(LATER)('R40: no Upload-Complete is 400, and changes nothing (%i)', async (version) => {
    const upload = await createResumable(app(), { version });

    const headers = { 'Upload-Complete': undefined };
    const response = await append(app(), upload, { version, body: 'hello', headers });

    expectProblem(response, 400);
    expect(await standingOf(app(), upload)).toEqual(['0', '?0']);
  });

  it('R40: in version 6 no Upload-Complete is the last append', async () => {
    const upload = await createResumable(app(), { version: 6 });

    const headers = { 'Upload-Complete': undefined };
    const response = await append(app(), upload, { version: 6, body: 'hello', headers });

    expect(response.headers['upload-complete']).toBe('?1');
    expect((await app().finished.of(upload.id)).size).toBe(5);
  });

  it.each([
    'application/offset+octet-stream',
    'application/octet-stream',
    'application/json',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/partial-upload2',
    'garbage',
    '',
    undefined,
  ])('R41: Content-Type %s is 415 with the right one, and changes nothing', async (type) => {
    const upload = await createResumable(app());

    const response = await append(app(), upload, {
      body: 'hello',
      headers: { 'Content-Type': type },
    });

    expectProblem(response, 415);
    expect(response.headers['accept-patch']).toContain('application/partial-upload');
    expect(await standingOf(app(), upload)).toEqual(['0', '?0']);
  });

  it.each(['Application/Partial-Upload', 'application/partial-upload; a=b'])(
    'R41: Content-Type "%s" is the right one',
    async (type) => {
      const upload = await createResumable(app());

      const response = await append(app(), upload, {
        body: 'hello',
        headers: { 'Content-Type': type },
      });

      expect(response.headers['upload-complete']).toBe('?1');
    },
  );

  it.each(VERSIONS.flatMap((version) => [0, 3, 6, 9].map((offset) => [offset, version] as const)))(
    'R42: the offset %i where it is 5 is 409 and tells it (%i)',
    async (offset, version) => {
      const upload = await createResumable(app(), { version, body: 'hello' });

      const response = await append(app(), upload, { version, offset, body: 'x' });

      const problem = expectProblem(response, 409, 'mismatching-upload-offset');
      expect(problem).toMatchObject({
        title: 'offset from request does not match offset of resource',
        'expected-offset': 5,
        'provided-offset': offset,
      });
      expect(response.headers).toMatchObject({ 'upload-offset': '5', 'upload-complete': '?0' });
      expect(await storedBytes(app(), upload)).toEqual(Buffer.from('hello'));
    },
  );

  it('R42: a client that is sending a large body still reads its 409', async () => {
    const body = randomBytes(8_000_000);
    const upload = await createResumable(app());

    const response = await append(app(), upload, { offset: 7, body });

    expectProblem(response, 409, 'mismatching-upload-offset');
  });

  it.each(VERSIONS)('R43: bytes that are not the last are 2xx with where (%i)', async (version) => {
    const upload = await createResumable(app(), { version, length: 10 });

    const options = { version, complete: false } as const;
    const first = await append(app(), upload, { ...options, body: 'he' });
    const second = await append(app(), upload, { ...options, offset: 2, body: 'llo' });

    const status = version === 6 ? 201 : 204;
    for (const [response, offset] of [
      [first, '2'],
      [second, '5'],
    ] as const) {
      expect(response.status).toBe(status);
      expect(response.headers).toMatchObject({
        'upload-offset': offset,
        'upload-complete': '?0',
        'upload-draft-interop-version': String(version),
      });
      expect(response.body).toHaveLength(0);
    }
    expect(await storedBytes(app(), upload)).toEqual(Buffer.from('hello'));
  });

  it.each(VERSIONS)(
    'R44: the last bytes are answered as those of one POST (%i)',
    async (version) => {
      const upload = await createResumable(app(), { version, body: 'hello' });

      const response = await append(app(), upload, { version, offset: 5, body: 'world' });

      expect(response.status).toBe(200);
      expect(response.headers).toMatchObject({
        'upload-complete': '?1',
        'upload-draft-interop-version': String(version),
        location: upload.location,
      });
      const finished = await app().finished.of(upload.id);
      expect([finished.size, finished.attempt]).toEqual([10, 1]);
      expect(await storedBytes(app(), upload)).toEqual(Buffer.from('helloworld'));
    },
  );

  it.each(VERSIONS)('R44: at an endpoint its method answers (%i)', async (version) => {
    const upload = await createResumable(app(), { version, path: '/videos', body: 'hello' });
    expect(endpointOf(app()).countOf(upload.id)).toBe(0);

    const response = await append(app(), upload, { version, offset: 5, body: 'world' });

    expect([response.status < 300, response.text]).toEqual([true, '{"size":10}']);
    expect(response.headers['upload-complete']).toBe('?1');
    expect(endpointOf(app()).countOf(upload.id)).toBe(1);
  });

  it('R44: also where it refuses', async () => {
    const upload = await createResumable(app(), { path: '/videos' });
    endpointOf(app()).work = () => Promise.reject(new ConflictException('Sent twice.'));
    const response = await append(app(), upload, { body: 'hello' });
    endpointOf(app()).work = ({ size }) => ({ size });

    expect([response.status, response.headers['upload-complete']]).toEqual([409, '?1']);
    expect(response.text).toContain('Sent twice.');
  });

  it.each([
    ['of no length', ''],
    ['that is chunked', []],
  ])('R45: an empty body %s completes an upload', async (_name, body) => {
    const upload = await createResumable(app(), { body: 'hello' });

    const response = await append(app(), upload, { offset: 5, body });

    expect([response.status, response.headers['upload-complete']]).toEqual([200, '?1']);
    expect((await app().finished.of(upload.id)).size).toBe(5);
    expect(await standingOf(app(), upload)).toEqual(['5', '?1']);
  });

  it.each(['worl', 'world!'])(
    'R46: a last body that does not make the length ("%s") is 400',
    async (body) => {
      const upload = await createResumable(app(), { length: 10, body: 'hello' });

      const response = await append(app(), upload, { offset: 5, body });

      expectProblem(response, 400, 'inconsistent-upload-length');
      expect(response.headers['upload-complete']).toBe('?0');
      if (body === 'worl') expect(await standingOf(app(), upload)).toEqual(['5', '?0']);
      expect(app().finished.countOf(upload.id)).toBe(0);
    },
  );

  it('R47: another length than the one that is known is 400, and changes nothing', async () => {
    const upload = await createResumable(app(), { length: 10, body: 'hello' });

    for (const length of [5, 9, 11]) {
      const options = { complete: false, length, offset: 5, body: '' };
      const response = await append(app(), upload, options);
      expectProblem(response, 400, 'inconsistent-upload-length');
    }

    expect(await standingOf(app(), upload)).toEqual(['5', '?0']);
    expect((await retrieveOffset(app(), upload)).headers['upload-length']).toBe('10');
  });

  it('R47: the same one, or a first one, is taken', async () => {
    const known = await createResumable(app(), { length: 10 });
    const unknown = await createResumable(app());

    for (const upload of [known, unknown]) {
      const options = { complete: false, length: 10, body: 'hello' };
      expect((await append(app(), upload, options)).status).toBe(204);
      expect((await retrieveOffset(app(), upload)).headers['upload-length']).toBe('10');
    }
  });

  it('R47: a length below what is there already is 400', async () => {
    const upload = await createResumable(app(), { body: 'hello' });

    const response = await append(app(), upload, { complete: false, length: 4, offset: 5 });

    expectProblem(response, 400, 'inconsistent-upload-length');
    expect(await standingOf(app(), upload)).toEqual(['5', '?0']);
  });

  it.each([
    ['announced', 'world!'],
    ['chunked', ['world!']],
    ['chunked by bytes', [...'world!']],
  ])('R48: more bytes than the length (%s) end the upload', async (_name, body) => {
    const upload = await createResumable(app(), { length: 10, body: 'hello' });

    const response = await append(app(), upload, { complete: false, offset: 5, body });

    expectProblem(response, 400, 'inconsistent-upload-length');
    expect((await retrieveOffset(app(), upload)).status).toBe(410);
    expect(app().finished.countOf(upload.id)).toBe(0);
  });

  it('R48: in version 6 the upload goes on', async () => {
    const version = 6;
    const upload = await createResumable(app(), { version, length: 10, body: 'hello' });

    const body = ['wor', 'ld!'];
    const response = await append(app(), upload, { version, complete: false, offset: 5, body });

    expectProblem(response, 400, 'inconsistent-upload-length');
    expect((await retrieveOffset(app(), upload)).status).toBe(204);
  });

  it('R49: a last chunked body that ends before the length is 400, and its bytes stay', async () => {
    const upload = await createResumable(app(), { length: 10, body: 'hello' });

    const response = await append(app(), upload, { offset: 5, body: ['wor'] });

    expectProblem(response, 400, 'inconsistent-upload-length');
    expect(response.headers['upload-complete']).toBe('?0');
    expect(await standingOf(app(), upload)).toEqual(['8', '?0']);
    const rest = await append(app(), upload, { offset: 8, body: 'ld' });
    expect(rest.headers['upload-complete']).toBe('?1');
    expect(await storedBytes(app(), upload)).toEqual(Buffer.from('helloworld'));
  });

  const cuts: [string, string, string, (connection: RawConnection) => void][] = [
    ['dropped', 'Content-Length: 10', 'hello', (connection) => connection.destroy()],
    ['half closed', 'Content-Length: 10', 'hello', (connection) => connection.end()],
    ['dropped', 'Transfer-Encoding: chunked', chunk('hello'), (it) => it.destroy()],
    ['half closed', 'Transfer-Encoding: chunked', chunk('hello'), (it) => it.end()],
    ['dropped inside a chunk', 'Transfer-Encoding: chunked', 'a\r\nhello', (it) => it.destroy()],
  ];

  it.each(cuts)(
    'R51: bytes of a connection that is %s are kept (%s)',
    async (_name, framing, bytes, cut) => {
      const upload = await createResumable(app());
      const connection = await app().connect();
      const lines = [...linesOf(appendHeaders()), framing];
      await connection.write(rawHead('PATCH', upload.path, lines) + bytes);
      await eventually(async () => expect(await storedBytes(app(), upload)).toHaveLength(5));

      cut(connection);
      await connection.closed;

      expect(await standingOf(app(), upload)).toEqual(['5', '?0']);
      const rest = await append(app(), upload, { offset: 5, body: 'world' });
      expect(rest.headers['upload-complete']).toBe('?1');
      expect(await storedBytes(app(), upload)).toEqual(Buffer.from('helloworld'));
      await app().finished.of(upload.id);
      expect(app().finished.countOf(upload.id)).toBe(1);
    },
  );

  it.each(VERSIONS)('R52: a complete upload is 409 at another offset (%i)', async (version) => {
    const upload = await completed({ version });

    const response = await append(app(), upload, { version, offset: 4, body: 'o' });

    expectProblem(response, 409, 'mismatching-upload-offset');
    expect(response.headers).toMatchObject({ 'upload-offset': '5', 'upload-complete': '?0' });
  });

  it.each(LATER)('R52: an empty last append to it is answered again (%i)', async (version) => {
    const upload = await completed({ version });
    await app().finished.of(upload.id);

    for (let round = 0; round < 3; round++) {
      const again = await append(app(), upload, { version, offset: 5 });
      expect([again.status, again.headers['upload-complete']]).toEqual([200, '?1']);
    }

    expect(app().finished.countOf(upload.id)).toBe(1);
  });

  it('R52: at an endpoint so is what its method has said, which does not run again', async () => {
    const upload = await createResumable(app(), { path: '/videos' });
    const first = await append(app(), upload, { body: 'hello' });

    const again = await append(app(), upload, { offset: 5 });

    expect([again.status, again.text]).toEqual([first.status, first.text]);
    expect(again.headers).toMatchObject({
      'upload-complete': '?1',
      'content-type': first.headers['content-type'],
    });
    expect(endpointOf(app()).countOf(upload.id)).toBe(1);
  });

  it.each(LATER)('R52: more bytes for it are 400 (%i)', async (version) => {
    for (const body of ['!', ['!']]) {
      const upload = await completed({ version });

      const response = await append(app(), upload, { version, offset: 5, body });

      expectProblem(response, 400, 'inconsistent-upload-length');
      expect(await storedBytes(app(), upload)).toEqual(Buffer.from('hello'));
    }
  });

  it('R52: in version 6 a complete upload has a problem of its own', async () => {
    const upload = await completed({ version: 6 });

    const response = await append(app(), upload, { version: 6, offset: 5, body: '!' });

    const { title } = expectProblem(response, 400, 'completed-upload');
    expect(title).toBe('upload is already completed');
  });

  it('R53: every offset that is told is the number of bytes on the disk', async () => {
    const upload = await createResumable(app());
    let offset = 0;

    for (const size of [1, 99, 400, 0, 500]) {
      const body = 'x'.repeat(size);
      const response = await append(app(), upload, { complete: false, offset, body });
      offset += size;
      expect(response.headers['upload-offset']).toBe(String(offset));
      expect(await storedBytes(app(), upload)).toHaveLength(offset);
    }
  });

  it('R56: what an append says of the file does not count', async () => {
    const headers = { 'Content-Type': 'text/plain', 'Content-Disposition': 'inline; filename=a' };
    const upload = await createResumable(app(), { headers });

    const others = { 'Content-Disposition': 'inline; filename=b', 'Content-Language': 'de' };
    await append(app(), upload, { body: 'hello', headers: others });

    const { metadata } = await app().finished.of(upload.id);
    expect(metadata).toMatchObject({ filename: 'a', filetype: 'text/plain' });
  });

  it.each([
    ['of no length', ''],
    ['that is chunked', []],
  ])('R57: an empty body %s that is not the last changes nothing', async (_name, body) => {
    const upload = await createResumable(app(), { body: 'hello' });

    const response = await append(app(), upload, { complete: false, offset: 5, body });

    expect([response.status, response.headers['upload-offset']]).toEqual([204, '5']);
    expect(await standingOf(app(), upload)).toEqual(['5', '?0']);
  });

  it('R39: an append to what was cancelled is 404 or 410', async () => {
    const upload = await createResumable(app());
    await cancel(app(), upload);

    const response = await append(app(), upload, { body: 'hello' });

    expect([404, 410]).toContain(response.status);
    expectProblem(response, response.status);
  });

  it('R43: several appends and a HEAD share one connection', async () => {
    const upload = await createResumable(app());
    const connection = await app().connect();
    const head = (offset: number, line: string): string =>
      rawHead('PATCH', upload.path, [...linesOf(appendHeaders({ complete: false, offset })), line]);

    await connection.write(head(0, 'Content-Length: 2') + 'ab');
    const first = await connection.response();
    await connection.write(head(2, 'Transfer-Encoding: chunked') + chunk('cd') + LAST_CHUNK);
    const second = await connection.response();
    await connection.write(rawHead('HEAD', upload.path));
    const where = await connection.response({ toHead: true });

    expect([first, second, where].map((each) => each.header('Upload-Offset'))).toEqual([
      '2',
      '4',
      '4',
    ]);
  });

  /** A complete upload of five bytes. */
  async function completed(options: { version: number }): Promise<CreatedUpload> {
    const upload = await createResumable(app(), options);
    const { headers } = await append(app(), upload, { ...options, body: 'hello' });
    expect(headers['upload-complete']).toBe('?1');
    return upload;
  }
});

describe.each(PLATFORMS)('appends with a maximum, as the IETF has them, on %s', (platform) => {
  const app = useApp({ platform, tus: { protocols: ['ietf'], maxSize: 10 } });

  it.each([
    ['announced', 'world!'],
    ['chunked', ['world', '!']],
  ])('R55: more than the maximum (%s) is 413 with limits', async (_name, body) => {
    const upload = await createResumable(app(), { body: 'hello' });

    const response = await append(app(), upload, { offset: 5, body });

    expectProblem(response, 413);
    expect(limitsOf(response.headers['upload-limit'])).toMatchObject({ 'max-size': 10 });
    expect(app().finished.countOf(upload.id)).toBe(0);
  });

  it('R55: a length above it is 413', async () => {
    const upload = await createResumable(app());

    expectProblem(await append(app(), upload, { complete: false, length: 11 }), 413);
    expect(await standingOf(app(), upload)).toEqual(['0', '?0']);
  });
});

describe.each(PLATFORMS)('uploads of the IETF that have owners, on %s', (platform) => {
  const app = useApp({
    platform,
    tus: {
      protocols: ['ietf'],
      owner: (request) => (request as { headers: Record<string, string> }).headers['x-user'],
    },
  });

  it('R58: who may not have an upload may not append to it, complete or end it', async () => {
    const headers = { 'X-User': 'ann' };
    const upload = await createResumable(app(), { body: 'hello', headers });

    const other = { 'X-User': 'ben' };
    const appended = await append(app(), upload, { offset: 5, body: 'x', headers: other });
    const completed = await append(app(), upload, { offset: 5, headers: other });
    const looked = await retrieveOffset(app(), upload, other);
    const cancelled = await cancel(app(), upload, other);

    for (const { status } of [appended, completed, looked, cancelled]) expect(status).toBe(404);
    const own = await append(app(), upload, { offset: 5, headers });
    expect(own.headers['upload-complete']).toBe('?1');
    expect((await app().finished.of(upload.id)).size).toBe(5);
  });

  it('R71: an id cannot be guessed', async () => {
    const ids = await Promise.all(
      Array.from({ length: 20 }, async () => (await createResumable(app())).id),
    );

    expect(new Set(ids).size).toBe(20);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/);
  });

  it('R71: Location is that of the one upload in every answer', async () => {
    const response = await sendCreation(app(), { body: 'hello' });

    const told = response.interim.map(({ headers }) => uploadAt(headers.location).id);
    expect(new Set(told)).toEqual(new Set([uploadAt(response.headers.location).id]));
  });
});
