import {
  heldNames,
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
  post,
  rawHead,
  storedBytes,
  uploadWhole,
  useApp,
} from '../support/index.js';

const LINES = ['Tus-Resumable: 1.0.0', `Content-Type: ${OCTETS}`];

describe.each(PLATFORMS)('creation with upload on %s', (platform) => {
  const app = useApp({ platform });

  it('T46: POST with a part of the bytes is 201 with their offset', async () => {
    const upload = await create(app(), { length: 10, body: 'hello' });

    expect(upload.response.headers['upload-offset']).toBe('5');
    expect(await storedBytes(app(), upload)).toEqual(Buffer.from('hello'));
    expect((await patch(app(), upload, { offset: 5, body: 'world' })).status).toBe(204);
    expect(await storedBytes(app(), upload)).toEqual(Buffer.from('helloworld'));
  });

  it('T47: POST with all bytes finishes the upload, once', async () => {
    const upload = await create(app(), { length: 5, body: 'hello' });

    expect(upload.response.headers['upload-offset']).toBe('5');
    expect((await app().finished.of(upload.id)).size).toBe(5);
    await everythingDelivered();
    expect(app().finished.countOf(upload.id)).toBe(1);
  });

  it.each([
    'text/plain',
    'application/json',
    'application/x-www-form-urlencoded',
    'application/octet-stream',
    'multipart/form-data; boundary=x',
    'garbage',
    undefined,
  ])('T48: a body of type %s is 415, and creates nothing', async (type) => {
    const before = await heldNames(app());

    const response = await post(app(), {
      length: 5,
      body: 'hello',
      headers: { 'Content-Type': type },
    });

    expectRefused(response, 415);
    expect(response.headers.location).toBeUndefined();
    expect(await heldNames(app())).toEqual(before);
  });

  it('T49: an empty body of the right type is 201 at offset 0', async () => {
    const upload = await create(app(), { length: 5, body: '' });

    expect(upload.response.headers['upload-offset']).toBe('0');
  });

  it('T49: an empty chunked body is 201 at offset 0', async () => {
    const connection = await app().connect();
    const lines = [...LINES, 'Upload-Length: 5', 'Transfer-Encoding: chunked'];

    await connection.write(rawHead('POST', '/files', lines) + LAST_CHUNK);
    const response = await connection.response();

    expect(response.status).toBe(201);
    expect(response.header('Upload-Offset')).toBe('0');
  });

  it('T50: more bytes announced than the upload has is 413 before they are sent', async () => {
    const before = await heldNames(app());
    const connection = await app().connect();

    await connection.write(
      rawHead('POST', '/files', [...LINES, 'Upload-Length: 5', 'Content-Length: 6']),
    );
    const response = await connection.response();

    expectRefused(response, 413);
    expect(response.header('Location')).toBeUndefined();
    expect(response.header('Connection')).toBe('close');
    await connection.closed;
    expect(await heldNames(app())).toEqual(before);
  });

  it.each([
    ['in one chunk', ['hello world']],
    ['in the second chunk', ['hello', '!']],
    ['byte by byte', [...'hello!']],
  ])(
    'T51: a chunked body that runs past the length %s is 413, and nothing stays',
    async (_, parts) => {
      const before = await heldNames(app());
      const finished = app().finished.count;

      const response = await post(app(), { length: 5, body: parts });

      expectRefused(response, 413);
      expect(response.headers.location).toBeUndefined();
      await eventually(async () => expect(await heldNames(app())).toEqual(before));
      await everythingDelivered();
      expect(app().finished.count).toBe(finished + 1);
    },
  );

  it.each(['Content-Length: 10', 'Transfer-Encoding: chunked'])(
    'T52: bytes of a creation that is cut off are kept (%s)',
    async (framing) => {
      const before = await heldNames(app());
      const connection = await app().connect();
      const start = framing.startsWith('Content') ? 'hello' : chunk('hello');

      await connection.write(rawHead('POST', '/files', [...LINES, 'Upload-Length: 10', framing]));
      await connection.write(start);
      const id = await eventually(async () => {
        const files = await heldNames(app());
        return expectOne(files.filter((file) => !before.includes(file)));
      });
      connection.destroy();
      await connection.closed;

      await eventually(async () => expect((await storedBytes(app(), { id })).length).toBe(5));
      // A small upload is known once it has come whole, or was broken off.
      await eventually(async () => expect(await offsetOf(app(), { path: `/files/${id}` })).toBe(5));
    },
  );

  it('T53: a creation that expects 100-continue is told to continue, and is created', async () => {
    const connection = await app().connect();
    const lines = [...LINES, 'Upload-Length: 5', 'Content-Length: 5', 'Expect: 100-continue'];

    await connection.write(rawHead('POST', '/files', lines));
    const answer = connection.response();
    await connection.write('hello');
    const response = await answer;

    expect(response.interim.map(({ status }) => status)).toContain(100);
    expect(response.status).toBe(201);
    expect(response.header('Upload-Offset')).toBe('5');
  });

  it('T53: a refused creation that expects 100-continue gets its answer without a body', async () => {
    const connection = await app().connect();
    const lines = ['Upload-Length: 5', 'Content-Length: 5', 'Expect: 100-continue'];

    await connection.write(rawHead('POST', '/files', lines));

    expectRefused(await connection.response(), 412);
    await connection.closed;
  });

  it('T55: a deferred length takes first bytes too, and is not finished by them', async () => {
    const upload = await create(app(), { body: 'hello' });

    expect(upload.response.headers['upload-offset']).toBe('5');
    const response = await head(app(), upload);
    expect(response.headers['upload-offset']).toBe('5');
    expect(response.headers['upload-defer-length']).toBe('1');
  });

  it('T55: a chunked body with a deferred length is stored whole', async () => {
    const parts = Array.from({ length: 50 }, (_, index) => String(index).repeat(1000));
    const content = Buffer.from(parts.join(''));

    const upload = await create(app(), { body: parts });

    expect(upload.response.headers['upload-offset']).toBe(String(content.length));
    expect((await storedBytes(app(), upload)).equals(content)).toBe(true);
  });

  function expectOne(values: string[]): string {
    expect(values).toHaveLength(1);
    return values[0]!;
  }

  async function everythingDelivered(): Promise<void> {
    await app().finished.of((await uploadWhole(app(), 'barrier')).id);
  }
});

describe.each(PLATFORMS)('creation with upload and a maximum, on %s', (platform) => {
  const app = useApp({ platform, tus: { maxSize: 5 } });

  it('T83: first bytes past the maximum of a deferred upload are 413', async () => {
    const announced = await post(app(), { body: 'hello!' });
    const chunked = await post(app(), { body: ['hello', '!'] });

    expectRefused(announced, 413);
    expectRefused(chunked, 413);
  });
});
