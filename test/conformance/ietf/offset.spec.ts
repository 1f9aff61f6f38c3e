import { Controller, Get, Param } from '@nestjs/common';
import { TusEndpoint } from '../../../lib/index.js';
import {
  PLATFORMS,
  VERSIONS,
  append,
  appendHeaders,
  cancel,
  create,
  createResumable,
  eventually,
  expectProblem,
  expectRefused,
  limitsOf,
  linesOf,
  listOf,
  rawHead,
  retrieveOffset,
  sendCreation,
  standingOf,
  storedBytes,
  uploadAt,
  useApp,
} from '../../support/index.js';
import { WITH_ENDPOINT } from '../../e2e/endpoint-controller.js';

const UNKNOWN = ['0'.repeat(32), 'abc', '..%2f..%2fx', '.tus'];

describe.each(PLATFORMS)('the offset of the IETF’s uploads on %s', (platform) => {
  const app = useApp({ platform, tus: { protocols: ['tus', 'ietf'], maxSize: 1000 } });

  it.each([undefined, ...VERSIONS.map(String)])(
    'R37: HEAD is 204 with offset, completeness, length and limits (%s)',
    async (version) => {
      const upload = await createResumable(app(), { length: 10, body: 'hello' });

      const headers = { 'Upload-Draft-Interop-Version': version };
      const response = await retrieveOffset(app(), upload, headers);

      expect(response.status).toBe(204);
      expect(response.headers).toMatchObject({
        'upload-offset': '5',
        'upload-complete': '?0',
        'upload-length': '10',
        'cache-control': 'no-store',
      });
      expect(limitsOf(response.headers['upload-limit'])).toMatchObject({ 'max-size': 1000 });
      expect(response.all('Tus-Resumable')).toEqual([]);
      expect(response.body).toHaveLength(0);
    },
  );

  it('R37: a length that no one has told is not told', async () => {
    const upload = await createResumable(app());

    const { headers } = await retrieveOffset(app(), upload);

    expect(headers['upload-length']).toBeUndefined();
    expect(headers['upload-defer-length']).toBeUndefined();
  });

  it('R38: GET tells the same', async () => {
    const upload = await createResumable(app(), { length: 10, body: 'hello' });

    const response = await app().request({ path: upload.path });

    expect(response.status).toBe(204);
    expect(response.headers).toMatchObject({
      'upload-offset': '5',
      'upload-complete': '?0',
      'upload-length': '10',
    });
  });

  it.each(UNKNOWN)('R39: the unknown upload %s is 404, and no redirect', async (id) => {
    const response = await retrieveOffset(app(), { path: `/files/${id}` });

    expect(response.status).toBe(404);
    expect(response.headers['upload-offset']).toBeUndefined();
    expect(response.headers.location).toBeUndefined();
  });

  it('R39: so is one that was cancelled, or 410', async () => {
    const upload = await createResumable(app(), { body: 'hello' });
    await cancel(app(), upload);

    const response = await retrieveOffset(app(), upload);

    expect([404, 410]).toContain(response.status);
    expect(response.headers['upload-offset']).toBeUndefined();
  });

  it.each(['HEAD', 'DELETE'])('R39a: %s with a field of an append is 400', async (method) => {
    for (const [name, value] of [
      ['Upload-Offset', '5'],
      ['Upload-Complete', '?0'],
      ['Upload-Length', '10'],
    ] as const) {
      const upload = await createResumable(app(), { body: 'hello' });

      const headers = { [name]: value };
      const response = await app().request({ method, path: upload.path, headers });

      expect(response.status).toBe(400);
      expect(await standingOf(app(), upload)).toEqual(['5', '?0']);
    }
  });

  it('R39a: what URLSession adds to HEAD does no harm', async () => {
    const upload = await createResumable(app(), { body: 'hello' });

    const response = await retrieveOffset(app(), upload, {
      'Content-Type': 'application/x-www-form-urlencoded',
      'Content-Length': '0',
      'Repr-Digest': 'sha-256=:uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek=:',
      'Upload-Draft-Interop-Version': '6',
    });

    expect([response.status, response.headers['upload-offset']]).toEqual([204, '5']);
  });

  it('R39b: HEAD ends a running append, and tells an offset that the next one may use', async () => {
    const upload = await createResumable(app());
    const connection = await app().connect();
    const lines = [...linesOf(appendHeaders()), 'Content-Length: 10'];
    await connection.write(rawHead('PATCH', upload.path, lines) + 'hello');
    await eventually(async () => expect(await storedBytes(app(), upload)).toHaveLength(5));

    const [offset] = await standingOf(app(), upload);
    await connection.closed;
    const response = await append(app(), upload, { offset: Number(offset), body: 'world' });

    expect(offset).toBe('5');
    expect(response.headers['upload-complete']).toBe('?1');
    expect(await storedBytes(app(), upload)).toEqual(Buffer.from('helloworld'));
  });

  it('R39c: a complete upload says that it is', async () => {
    const response = await sendCreation(app(), { body: 'hello' });
    const upload = uploadAt(response.headers.location);

    expect(await standingOf(app(), upload)).toEqual(['5', '?1']);
    await app().finished.of(upload.id);
    expect(await standingOf(app(), upload)).toEqual(['5', '?1']);
  });

  it('R75: an unknown upload is a plain problem to the other verbs', async () => {
    for (const id of UNKNOWN) {
      expectProblem(await append(app(), { path: `/files/${id}` }, { body: 'x' }), 404);
      expectProblem(await cancel(app(), { path: `/files/${id}` }), 404);
    }
  });
});

describe.each(PLATFORMS)('the IETF’s uploads that may be downloaded, on %s', (platform) => {
  const app = useApp({ platform, tus: { protocols: ['ietf'], download: true } });

  it('R38: GET of a complete one is its file, and HEAD tells of it and of the upload', async () => {
    const headers = { 'Content-Type': 'text/plain' };
    const response = await sendCreation(app(), { body: 'hello', headers });
    const upload = uploadAt(response.headers.location);

    const file = await app().request({ path: upload.path });
    const head = await retrieveOffset(app(), upload);

    expect([file.status, file.text]).toEqual([200, 'hello']);
    expect(Math.floor(head.status / 100)).toBe(2);
    expect(head.headers).toMatchObject({ 'upload-offset': '5', 'upload-complete': '?1' });
  });

  it('R38: GET of one that is not complete gives none of its bytes', async () => {
    const upload = await createResumable(app(), { body: 'hello' });

    const { status, text } = await app().request({ path: upload.path });

    expect(status).not.toBe(200);
    expect(text).not.toContain('hello');
  });
});

/** An endpoint whose uploads the app shows itself. */
@Controller('shown')
class ShownController {
  @TusEndpoint()
  take(): void {}

  @Get(':name')
  show(@Param('name') name: string): string {
    return `the page of ${name}`;
  }
}

describe.each(PLATFORMS)('the IETF’s uploads of endpoints on %s', (platform) => {
  const app = useApp({
    platform,
    tus: { protocols: ['tus', 'ietf'], download: true },
    controllers: [...WITH_ENDPOINT.controllers, ShownController],
    providers: WITH_ENDPOINT.providers,
  });

  it.each(['', '/'])('R38: GET tells what HEAD tells (%s behind its URL)', async (behind) => {
    const upload = await createResumable(app(), { path: '/videos', length: 10, body: 'hello' });

    const response = await app().request({ path: `${upload.path}${behind}` });

    expect([response.status, response.text]).toEqual([204, '']);
    expect(response.headers).toMatchObject({
      'upload-offset': '5',
      'upload-complete': '?0',
      'upload-length': '10',
      'cache-control': 'no-store',
    });
    expect(response.all('Tus-Resumable')).toEqual([]);
  });

  it('R38: GET of a complete one says that it is, and gives none of its bytes', async () => {
    const upload = await createResumable(app(), { path: '/videos' });
    await append(app(), upload, { body: 'hello' });

    const response = await app().request({ path: upload.path });

    expect([response.status, response.text]).toEqual([204, '']);
    expect(response.headers).toMatchObject({ 'upload-offset': '5', 'upload-complete': '?1' });
  });

  it('R38: GET of one that is not there is 404', async () => {
    const response = await app().request({ path: `/videos/${'0'.repeat(32)}` });

    expectProblem(response, 404);
  });

  it('R38: GET is the app’s where it has a route for it, and HEAD is not', async () => {
    const upload = await createResumable(app(), { path: '/shown', body: 'hello' });

    const shown = await app().request({ path: upload.path });

    expect([shown.status, shown.text]).toEqual([200, `the page of ${upload.id}`]);
    expect(await standingOf(app(), upload)).toEqual(['5', '?0']);
  });

  it('R38: the creation URL has nothing to tell by GET', async () => {
    expect((await app().request({ path: '/videos' })).status).toBe(404);
  });

  it('N2: GET by a client of tus is refused as it is of tus', async () => {
    const upload = await createResumable(app(), { path: '/videos' });
    await append(app(), upload, { body: 'hello' });

    const headers = { 'Tus-Resumable': '1.0.0' };
    const response = await app().request({ path: upload.path, headers });

    expectRefused(response, 405);
    expect(response.text).not.toContain('hello');
  });

  it('R7: OPTIONS names GET', async () => {
    const { headers } = await app().request({ method: 'OPTIONS', path: '/videos' });

    expect(listOf(headers.allow)).toContain('GET');
  });
});

describe.each(PLATFORMS)('the uploads of endpoints where tus is alone, on %s', (platform) => {
  const app = useApp({ platform, ...WITH_ENDPOINT });

  it('N5: are not told of by GET', async () => {
    const upload = await create(app(), { path: '/videos', length: 5 });

    expect((await app().request({ path: upload.path })).status).toBe(404);
  });
});
