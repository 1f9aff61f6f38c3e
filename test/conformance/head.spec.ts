import {
  OCTETS,
  PLATFORMS,
  create,
  encodeMetadata,
  eventually,
  expectHeadRefused,
  head,
  offsetOf,
  patch,
  rawHead,
  request,
  storedBytes,
  terminate,
  uploadWhole,
  useApp,
} from '../support/index.js';

describe.each(PLATFORMS)('HEAD on %s', (platform) => {
  const app = useApp({ platform });

  it('T57: a known upload is 200 without a body', async () => {
    const response = await head(app(), await create(app(), { length: 5 }));

    expect(response.status).toBe(200);
    expect(response.body).toHaveLength(0);
  });

  it('T58: Upload-Offset is there at 0, half-way and when all bytes are', async () => {
    const upload = await create(app(), { length: 5 });
    const offsets = [await offsetOf(app(), upload)];
    await patch(app(), upload, { body: 'he' });
    offsets.push(await offsetOf(app(), upload));
    await patch(app(), upload, { offset: 2, body: 'llo' });
    offsets.push(await offsetOf(app(), upload));

    expect(offsets).toEqual([0, 2, 5]);
  });

  it('T59: Upload-Length is there exactly when the length is known', async () => {
    const known = await head(app(), await create(app(), { length: 5 }));
    const deferred = await head(app(), await create(app()));

    expect(known.headers['upload-length']).toBe('5');
    expect(deferred.headers['upload-length']).toBeUndefined();
  });

  it('T60: answers are not to be stored, refusals included', async () => {
    const upload = await create(app(), { length: 5 });
    const gone = await create(app(), { length: 5 });
    await terminate(app(), gone);

    const responses = await Promise.all([
      head(app(), upload),
      head(app(), gone),
      head(app(), { path: `/files/${'0'.repeat(32)}` }),
      head(app(), upload, { 'Tus-Resumable': '0.2.2' }),
    ]);

    expect(responses.map(({ status }) => status)).toEqual([200, 410, 404, 412]);
    for (const response of responses) {
      expect(response.headers['cache-control']).toBe('no-store');
    }
  });

  it('T61: Upload-Metadata is there as sent, and only where it was sent', async () => {
    const metadata = encodeMetadata({ filename: 'a.txt' });
    const described = await create(app(), { length: 5, metadata });
    const plain = await create(app(), { length: 5 });

    expect((await head(app(), described)).all('Upload-Metadata')).toEqual([metadata]);
    expect((await head(app(), plain)).all('Upload-Metadata')).toEqual([]);
  });

  it('T61: metadata is still told when the upload is finished', async () => {
    const metadata = encodeMetadata({ filename: 'a.txt' });
    const upload = await create(app(), { length: 5, metadata, body: 'hello' });

    expect((await head(app(), upload)).headers['upload-metadata']).toBe(metadata);
  });

  it.each([
    ['unknown', '0'.repeat(32)],
    ['of other letters', 'z'.repeat(32)],
    ['in capitals', 'A'.repeat(32)],
    ['too short', 'abc'],
    ['too long', '0'.repeat(33)],
    ['a path upwards', '..%2f..%2fetc%2fpasswd'],
    ['two dots', '%2e%2e'],
    ['the registry', '.tus'],
    ['a NUL', 'a%00b'],
  ])('T63: an id that is %s is 404 without Upload-Offset', async (_name, id) => {
    const response = await head(app(), { path: `/files/${id}` });

    expectHeadRefused(response, 404);
    expect(response.headers['cache-control']).toBe('no-store');
  });

  it('T64: Content-Length never tells the size of the file', async () => {
    const upload = await uploadWhole(app(), 'hello');

    const response = await head(app(), upload);

    expect(response.headers['content-length'] ?? '0').toBe('0');
  });

  it('T65: HEAD takes over from a running PATCH, and tells an offset that can be used', async () => {
    const upload = await create(app(), { length: 10 });
    const running = await app().connect();
    const lines = ['Tus-Resumable: 1.0.0', `Content-Type: ${OCTETS}`, 'Upload-Offset: 0'];
    await running.write(rawHead('PATCH', upload.path, [...lines, 'Content-Length: 10']));
    await running.write('hello');
    await eventually(async () => expect(await storedBytes(app(), upload)).toHaveLength(5));

    const response = await head(app(), upload);
    const ended = await running.responseOrClose();
    await running.closed;

    expect(response.status).toBe(200);
    expect(response.headers['upload-offset']).toBe('5');
    expect(ended?.status ?? 423).toBe(423);
    expect(ended?.header('Retry-After') ?? '1').toMatch(/^\d+$/);
    expect((await patch(app(), upload, { offset: 5, body: 'world' })).status).toBe(204);
    expect(await storedBytes(app(), upload)).toEqual(Buffer.from('helloworld'));
  });

  it('T65: a HEAD that races with PATCHes never tells what the next one would refuse', async () => {
    const content = 'abcdefghij'.repeat(100);
    const upload = await create(app(), { length: content.length });

    for (let round = 0; round < 10; round++) {
      const offset = await offsetOf(app(), upload);
      const body = content.slice(offset, offset + 90);
      const [told] = await Promise.all([
        offsetOf(app(), upload),
        patch(app(), upload, { offset, body }).catch(() => undefined),
      ]);
      expect(told).toBeGreaterThanOrEqual(offset);
      expect(content.startsWith((await storedBytes(app(), upload)).toString())).toBe(true);
    }

    const offset = await offsetOf(app(), upload);
    const last = await patch(app(), upload, { offset, body: content.slice(offset) });
    expect(last.status).toBe(204);
    expect((await storedBytes(app(), upload)).toString()).toBe(content);
  });

  it.each(['/', '?token=1', '/?token=1', '?'])(
    'T66: an upload URL with "%s" behind it is the same upload',
    async (suffix) => {
      const upload = await create(app(), { length: 5 });

      const appended = await patch(app(), upload, { body: 'he', suffix });

      expect(appended.status).toBe(204);
      expect(await offsetOf(app(), { path: upload.path + suffix })).toBe(2);
    },
  );

  it.each(['/', '?token=1', '/?token=1'])(
    'T66: the creation URL with "%s" behind it is the creation URL',
    async (suffix) => {
      const upload = await create(app(), { length: 5, path: `/files${suffix}` });
      const options = await request(app(), { method: 'OPTIONS', path: `/files${suffix}` });

      expect(upload.location).toBe(`/files/${upload.id}`);
      expect(options.headers['tus-version']).toBe('1.0.0');
    },
  );
});
