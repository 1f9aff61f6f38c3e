import {
  heldNames,
  OCTETS,
  PLATFORMS,
  create,
  eventually,
  expectHeadRefused,
  expectRefused,
  head,
  offsetOf,
  patch,
  rawHead,
  request,
  storedBytes,
  terminate,
  useApp,
} from '../support/index.js';
import type { HttpResponse, TestApp } from '../support/index.js';

const IMF_FIXDATE =
  /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d GMT$/;

const HOUR = 3_600_000;
const MINUTE = 60_000;

describe.each(PLATFORMS)('expiration on %s', (platform) => {
  const app = useApp({ platform, tus: { uploadValidDuration: '1h' } });

  it('T91: the expiration extension is told', async () => {
    const response = await request(app(), { method: 'OPTIONS', path: '/files' });

    expect(response.headers['tus-extension']).toMatch(/(^|,)expiration(,|$)/);
  });

  it('T92: the answer to a creation has Upload-Expires', async () => {
    const plain = await create(app(), { length: 10 });
    const deferred = await create(app());
    const withBytes = await create(app(), { length: 10, body: 'hello' });

    for (const upload of [plain, deferred, withBytes]) {
      expectInAnHour(upload.response);
    }
  });

  it('T62: the answer to HEAD has Upload-Expires', async () => {
    expectInAnHour(await head(app(), await create(app(), { length: 10 })));
  });

  it('T93: every answer to a PATCH of an upload that will expire has Upload-Expires', async () => {
    const upload = await create(app(), { length: 10, body: 'hello' });

    const responses = [
      await patch(app(), upload, { offset: 5, body: 'w' }),
      await patch(app(), upload, { offset: 6, body: '' }),
      await patch(app(), upload, { offset: 3, body: 'x' }),
      await patch(app(), upload, { offset: 6, body: 'much too long' }),
      await patch(app(), upload, { offset: 6, body: ['or', 'much too long'] }),
      await patch(app(), upload, { offset: 'x', body: 'x' }),
      await patch(app(), upload, { offset: 6, body: 'x', headers: { 'Content-Type': 'x/y' } }),
    ];

    expect(responses.map(({ status }) => status)).toEqual([204, 204, 409, 413, 413, 400, 415]);
    responses.forEach(expectInAnHour);
  });

  it('T93: an answer that sets a deferred length has Upload-Expires', async () => {
    const upload = await create(app());

    const response = await patch(app(), upload, { body: '', headers: { 'Upload-Length': '5' } });

    expect(response.status).toBe(204);
    expectInAnHour(response);
  });

  it('T93: the answer to a PATCH that a newer request ended has Upload-Expires', async () => {
    const upload = await create(app(), { length: 10 });
    const connection = await app().connect();
    const lines = ['Tus-Resumable: 1.0.0', `Content-Type: ${OCTETS}`, 'Upload-Offset: 0'];
    await connection.write(
      rawHead('PATCH', upload.path, [...lines, 'Content-Length: 10']) + 'hello',
    );
    await eventually(async () => expect(await storedBytes(app(), upload)).toHaveLength(5));

    await head(app(), upload);
    const ended = await connection.responseOrClose();

    expect(ended?.all('Upload-Expires') ?? ['closed']).toHaveLength(1);
  });

  it('T94: Upload-Expires is an HTTP date', async () => {
    const { response } = await create(app(), { length: 10 });

    expect(response.all('Upload-Expires')).toEqual([expect.stringMatching(IMF_FIXDATE)]);
  });

  it('T95: every PATCH starts the time of the upload anew', async () => {
    const upload = await create(app(), { length: 1000 });
    const first = expiryOf(upload.response);
    let offset = 0;

    // The header counts in whole seconds.
    await eventually(async () => {
      const response = await patch(app(), upload, { offset: offset++, body: 'x' });
      expect(expiryOf(response)).toBeGreaterThan(first);
    });
  });

  it('T97: a finished upload has no Upload-Expires', async () => {
    const byPatch = await create(app(), { length: 10, body: 'hello' });
    const finishing = await patch(app(), byPatch, { offset: 5, body: 'world' });
    const byCreation = await create(app(), { length: 5, body: 'hello' });
    const empty = await create(app(), { length: 0 });
    const finished = [
      finishing,
      byCreation.response,
      empty.response,
      await head(app(), byPatch),
      await head(app(), byCreation),
      await patch(app(), byPatch, { offset: 10, body: '' }),
    ];

    for (const response of finished) {
      expect(response.status).toBeLessThan(300);
      expect(response.headers['upload-expires']).toBeUndefined();
    }
  });
});

describe.each(PLATFORMS)('expiration that is off, on %s', (platform) => {
  const app = useApp({
    platform,
    tus: { extensions: ['creation', 'creation-with-upload'], uploadValidDuration: 0.1 },
  });

  it('T91: no answer has Upload-Expires', async () => {
    const upload = await create(app(), { length: 10, body: 'hello' });
    const responses = [
      upload.response,
      await head(app(), upload),
      await patch(app(), upload, { offset: 5, body: 'w' }),
      await patch(app(), upload, { offset: 5, body: 'w' }),
    ];

    for (const response of responses) {
      expect(response.headers['upload-expires']).toBeUndefined();
    }
  });
});

describe.each(PLATFORMS)('expired uploads on %s', (platform) => {
  const app = useApp({
    platform,
    tus: { uploadValidDuration: '300ms', cleanup: { every: false } },
  });

  it('T96: HEAD and PATCH of an expired upload are 410 without Upload-Offset', async () => {
    const upload = await create(app(), { length: 10, body: 'hello' });
    await timeIsUp(app());

    expectHeadRefused(await head(app(), upload), 410);
    const response = await patch(app(), upload, { offset: 5, body: 'world' });
    expectRefused(response, 410);
    expect(response.headers['upload-offset']).toBeUndefined();
  });

  it('T96: HEAD and PATCH of an expired upload are 410 after cleanup, and its bytes have gone', async () => {
    const upload = await create(app(), { length: 10, body: 'hello' });
    await timeIsUp(app());

    const report = await app().tus.cleanup();

    expect(report.expired).toBeGreaterThanOrEqual(1);
    expectHeadRefused(await head(app(), upload), 410);
    expectRefused(await patch(app(), upload, { offset: 5, body: 'world' }), 410);
    expect(await heldNames(app())).not.toContain(upload.id);
  });

  it('T96: DELETE of an expired upload is 204, 404 or 410, and frees its bytes', async () => {
    const upload = await create(app(), { length: 10, body: 'hello' });
    await timeIsUp(app());

    expect([204, 404, 410]).toContain((await terminate(app(), upload)).status);
    await app().tus.cleanup();
    expect(await heldNames(app())).not.toContain(upload.id);
  });

  it('T97: a finished upload outlives its time, cleanup included', async () => {
    const upload = await create(app(), { length: 5, body: 'hello' });
    await timeIsUp(app());

    const report = await app().tus.cleanup();

    expect(report.removed).toBe(0);
    expect(await offsetOf(app(), upload)).toBe(5);
    expect(await storedBytes(app(), upload)).toEqual(Buffer.from('hello'));
  });
});

describe.each(PLATFORMS)('expiration during a PATCH, on %s', (platform) => {
  const app = useApp({ platform, tus: { uploadValidDuration: '1s', cleanup: { every: false } } });

  it('T98: an upload that is being written is not removed', async () => {
    const upload = await create(app(), { length: 10 });
    const connection = await app().connect();
    const lines = ['Tus-Resumable: 1.0.0', `Content-Type: ${OCTETS}`, 'Upload-Offset: 0'];
    await connection.write(
      rawHead('PATCH', upload.path, [...lines, 'Content-Length: 10']) + 'hello',
    );
    await eventually(async () => expect(await storedBytes(app(), upload)).toHaveLength(5));
    await timeIsUp(app());

    await app().tus.cleanup();
    await connection.write('world');

    const response = await connection.response();
    expect(response.status).toBe(204);
    expect(response.header('Upload-Offset')).toBe('10');
    expect((await app().finished.of(upload.id)).size).toBe(10);
    expect(await storedBytes(app(), upload)).toEqual(Buffer.from('helloworld'));
  });
});

/** Waits until an upload that was created now, and so all older ones, has expired. */
async function timeIsUp(app: TestApp): Promise<void> {
  const upload = await create(app, { length: 5 });
  await eventually(async () => expect((await head(app, upload)).status).toBe(410));
}

function expectInAnHour(response: HttpResponse): void {
  const expires = expiryOf(response);
  const now = Date.parse(response.headers.date!);
  expect(expires).toBeGreaterThan(now + HOUR - MINUTE);
  expect(expires).toBeLessThan(now + HOUR + MINUTE);
}

function expiryOf(response: HttpResponse): number {
  return Date.parse(response.headers['upload-expires'] as string);
}
