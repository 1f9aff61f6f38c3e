import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { Controller, ForbiddenException, Injectable, Post, Req } from '@nestjs/common';
import { BeforeUploadCreate, TusEndpoint, UploadedUpload } from '../../../lib/index.js';
import type { EndpointUpload } from '../../../lib/index.js';
import {
  LAST_CHUNK,
  PLATFORMS,
  VERSIONS,
  append,
  chunk,
  createResumable,
  eventually,
  expectProblem,
  heldNames,
  limitsOf,
  linesOf,
  rawHead,
  retrieveOffset,
  sendCreation,
  standingOf,
  stateHeaders,
  storedBytes,
  uploadAt,
  useApp,
} from '../../support/index.js';
import type { RawConnection } from '../../support/index.js';
import { WITH_ENDPOINT, endpointOf } from '../../e2e/endpoint-controller.js';

const BOTH = ['tus', 'ietf'] as ['tus', 'ietf'];

/** Refuses what says that it is to be refused. */
@Injectable()
class Gatekeeper {
  @BeforeUploadCreate()
  check({ metadata }: { metadata: Readonly<Record<string, string>> }): void {
    if (metadata['filename'] === 'refused.txt') throw new ForbiddenException('Not this one.');
  }
}

/** A route that has nothing to do with uploads. */
@Controller('plain')
class PlainController {
  @Post()
  answer(@Req() { body }: { body?: unknown }): object {
    return { body };
  }
}

/** An endpoint that takes files by any method that may bring them. */
@Controller('drop')
class DropController {
  @TusEndpoint('', { methods: ['POST', 'PUT', 'PATCH'] })
  take(@UploadedUpload() { size, protocol }: EndpointUpload): object {
    return { size, protocol };
  }
}

describe.each(PLATFORMS)('creation as the IETF has it, on %s', (platform) => {
  const app = useApp({
    platform,
    tus: { protocols: BOTH },
    controllers: [...WITH_ENDPOINT.controllers, DropController, PlainController],
    providers: [...WITH_ENDPOINT.providers, Gatekeeper],
  });

  it.each(VERSIONS)('R12: POST with Upload-Complete makes an upload (%i)', async (version) => {
    const upload = await createResumable(app(), { version });

    expect(await standingOf(app(), upload)).toEqual(['0', '?0']);
    const response = await append(app(), upload, { version, body: 'hello' });
    expect(response.headers['upload-complete']).toBe('?1');
    expect((await app().finished.of(upload.id)).size).toBe(5);
  });

  it.each(['POST', 'PUT', 'PATCH'])(
    'R12: so does %s where an endpoint takes it',
    async (method) => {
      const whole = await sendCreation(app(), { method, path: '/drop', body: 'hello' });
      const upload = await createResumable(app(), { method, path: '/drop', body: 'hello' });
      const rest = await append(app(), upload, { offset: 5, body: 'world' });

      expect(whole.interim.map(({ status }) => status)).toEqual([104]);
      expect(whole.headers['upload-complete']).toBe('?1');
      expect(whole.text).toBe('{"size":5,"protocol":"ietf"}');
      expect(rest.text).toBe('{"size":10,"protocol":"ietf"}');
    },
  );

  it.each(['PUT', 'PATCH'])('R12: %s makes none where nobody said so', async (method) => {
    for (const path of ['/files', '/videos']) {
      const before = await heldNames(app());

      const { status, interim } = await sendCreation(app(), { method, path, body: 'hello' });

      expect([404, 405]).toContain(status);
      expect(interim).toEqual([]);
      expect(await heldNames(app())).toEqual(before);
    }
  });

  it.each([2, 4, 5, 7, 11, 99])(
    'R16: a last request of version %i is a conventional one',
    async (version) => {
      const response = await sendCreation(app(), { version, path: '/videos', body: 'hello' });

      expect([response.status, response.text]).toEqual([201, '{"size":5}']);
      expect(response.interim).toEqual([]);
    },
  );

  it.each(['/files', '/videos'])('R16: another one at %s is 400', async (path) => {
    const before = await heldNames(app());

    const response = await sendCreation(app(), { version: 99, complete: false, path, body: 'he' });

    expectProblem(response, 400);
    expect(response.interim).toEqual([]);
    expect(await heldNames(app())).toEqual(before);
  });

  it.each(VERSIONS)('R18: bytes that are not the last are 201 with where (%i)', async (version) => {
    const upload = await createResumable(app(), { version, body: 'hello' });

    expect(upload.response.headers).toMatchObject({
      location: expect.stringMatching(/^\/files\/\w+$/),
      'upload-complete': '?0',
      'upload-offset': '5',
      'upload-draft-interop-version': String(version),
      'upload-limit': expect.any(String),
    });
    expect(await standingOf(app(), upload)).toEqual(['5', '?0']);
    expect(await storedBytes(app(), upload)).toEqual(Buffer.from('hello'));
  });

  it.each(VERSIONS)('R20: the last bytes are answered as they should be (%i)', async (version) => {
    const response = await sendCreation(app(), { version, body: 'hello' });

    const { id } = uploadAt(response.headers.location);
    expect(response.status).toBe(200);
    expect(response.headers).toMatchObject({
      'upload-complete': '?1',
      'upload-offset': '5',
      'upload-draft-interop-version': String(version),
    });
    expect((await app().finished.of(id)).size).toBe(5);
    expect(app().finished.countOf(id)).toBe(1);
  });

  it.each(VERSIONS)('R20: at an endpoint its method answers (%i)', async (version) => {
    const response = await sendCreation(app(), { version, path: '/videos', body: 'hello' });

    expect([response.status, response.text]).toEqual([201, '{"size":5}']);
    expect(response.headers['upload-complete']).toBe('?1');
    expect(response.headers['content-type']).toMatch(/^application\/json\b/);
  });

  it('R20: also where it refuses', async () => {
    endpointOf(app()).work = () => Promise.reject(new ForbiddenException('No.'));
    const response = await sendCreation(app(), { path: '/videos', body: 'hello' });
    endpointOf(app()).work = ({ size }) => ({ size });

    expect([response.status, response.headers['upload-complete']]).toEqual([403, '?1']);
    expect(response.text).toContain('"No."');
  });

  it('R20: a body of some megabytes arrives byte for byte', async () => {
    const body = randomBytes(5_000_000);

    const response = await sendCreation(app(), { body });

    const upload = uploadAt(response.headers.location);
    expect((await storedBytes(app(), upload)).equals(body)).toBe(true);
  });

  it('R20: so does a chunked one', async () => {
    const parts = Array.from({ length: 50 }, () => randomBytes(10_000));

    const response = await sendCreation(app(), { body: parts });

    const upload = uploadAt(response.headers.location);
    expect((await storedBytes(app(), upload)).equals(Buffer.concat(parts))).toBe(true);
    expect((await app().finished.of(upload.id)).size).toBe(500_000);
  });

  it.each([
    ['of no length', ''],
    ['that is chunked', []],
  ])('R21: an empty body %s that is not the last makes an upload at 0', async (_name, body) => {
    const upload = await createResumable(app(), { body });

    expect(upload.response.headers['upload-offset']).toBe('0');
    expect(await standingOf(app(), upload)).toEqual(['0', '?0']);
  });

  it.each([
    ['of no length', ''],
    ['that is chunked', []],
  ])('R22: an empty body %s that is the last is a file of 0 bytes', async (_name, body) => {
    const response = await sendCreation(app(), { body });
    const atEndpoint = await sendCreation(app(), { path: '/videos', body });

    const { id } = uploadAt(response.headers.location);
    expect(response.headers).toMatchObject({ 'upload-complete': '?1', 'upload-offset': '0' });
    expect((await app().finished.of(id)).size).toBe(0);
    expect(app().finished.countOf(id)).toBe(1);
    expect(atEndpoint.text).toBe('{"size":0}');
  });

  it('R23: the length is that of Upload-Length', async () => {
    const upload = await createResumable(app(), { length: 10, body: 'hello' });

    expect((await retrieveOffset(app(), upload)).headers['upload-length']).toBe('10');
  });

  it('R23: the length is that of a last body that is announced', async () => {
    const upload = await cutOff('Content-Length: 10', 'hello');

    const { headers } = await retrieveOffset(app(), upload);
    expect(headers).toMatchObject({ 'upload-length': '10', 'upload-offset': '5' });
  });

  it('R24: a last body of another length than Upload-Length is 400, and nothing is kept', async () => {
    const before = await heldNames(app());
    for (const length of [4, 6]) {
      const response = await sendCreation(app(), { length, body: 'hello' });

      const { title } = expectProblem(response, 400, 'inconsistent-upload-length');
      expect(title).toBe('inconsistent length values for upload');
      expect(response.headers['upload-complete']).toBe('?0');
      expect(response.headers.location).toBeUndefined();
      expect(response.interim).toEqual([]);
    }
    expect(await heldNames(app())).toEqual(before);
  });

  it('R25: a longer body than Upload-Length is 400, and nothing is kept', async () => {
    const before = await heldNames(app());

    const response = await sendCreation(app(), { complete: false, length: 4, body: 'hello' });

    expectProblem(response, 400, 'inconsistent-upload-length');
    expect(response.headers['upload-complete']).toBe('?0');
    expect(await heldNames(app())).toEqual(before);
  });

  it.each([8, 9, 10])(
    'R26: all bytes do not complete an upload that is not said to be complete (%i)',
    async (version) => {
      const upload = await createResumable(app(), { version, length: 5, body: 'hello' });

      expect(upload.response.headers['upload-complete']).toBe('?0');
      expect(await standingOf(app(), upload)).toEqual(['5', '?0']);
      const end = await append(app(), upload, { version, offset: 5 });
      expect(end.headers['upload-complete']).toBe('?1');
      await app().finished.of(upload.id);
      expect(app().finished.countOf(upload.id)).toBe(1);
    },
  );

  it('R26: in version 6 they do', async () => {
    const options = { version: 6, complete: false, length: 5, body: 'hello' };
    const response = await sendCreation(app(), options);

    const upload = uploadAt(response.headers.location);
    expect([response.status, response.headers['upload-offset']]).toEqual([200, '5']);
    expect((await app().finished.of(upload.id)).size).toBe(5);
    expect(await standingOf(app(), upload)).toEqual(['5', '?1']);
    expect(app().finished.countOf(upload.id)).toBe(1);
  });

  it.each([
    ['announced', 'Content-Length: 10', 'hello'],
    ['chunked', 'Transfer-Encoding: chunked', chunk('hello')],
  ])('R30: bytes of an %s creation that is cut off are kept', async (_name, framing, start) => {
    const upload = await cutOff(framing, start);

    expect(await standingOf(app(), upload)).toEqual(['5', '?0']);
    expect(app().finished.countOf(upload.id)).toBe(0);
    const response = await append(app(), upload, { offset: 5, body: 'world' });
    expect(response.headers['upload-complete']).toBe('?1');
    expect(await storedBytes(app(), upload)).toEqual(Buffer.from('helloworld'));
    await app().finished.of(upload.id);
    expect(app().finished.countOf(upload.id)).toBe(1);
  });

  it.each([
    ['attachment; filename="a.txt"', 'a.txt'],
    ['inline; filename=a.txt', 'a.txt'],
    ["inline; filename=a.txt; filename*=UTF-8''na%C3%AFve%20%E2%82%AC.txt", 'naïve €.txt'],
    ["inline; filename*=UTF-8''x.txt; filename=a.txt", 'x.txt'],
    ['inline; filename="a \\"b\\".txt"', 'a "b".txt'],
  ])('R31: %s names the file', async (disposition, filename) => {
    const headers = { 'Content-Type': 'text/plain', 'Content-Disposition': disposition };

    const response = await sendCreation(app(), { body: 'hello', headers });

    const { metadata } = await app().finished.of(uploadAt(response.headers.location).id);
    expect(metadata).toMatchObject({ filename, filetype: 'text/plain' });
  });

  it('R31: a name is made safe', async () => {
    const headers = { 'Content-Disposition': 'inline; filename="../../etc/passwd"' };

    const response = await sendCreation(app(), { body: 'hello', headers });

    const upload = await app().finished.of(uploadAt(response.headers.location).id);
    expect(upload.filename).not.toMatch(/[/\\]/);
  });

  it.each(['filename="a', '', ';', 'inline; filename*=UTF-8x', '"'])(
    'R31: the malformed Content-Disposition %s does no harm',
    async (disposition) => {
      const headers = { 'Content-Disposition': disposition };

      const { status } = await sendCreation(app(), { complete: false, headers });

      expect([201, 400]).toContain(status);
    },
  );

  it('R31: the coding of its bytes is told to handlers', async () => {
    const headers = { 'Content-Encoding': 'gzip' };

    const response = await sendCreation(app(), { body: gzipSync('hello'), headers });

    const { metadata } = await app().finished.of(uploadAt(response.headers.location).id);
    expect(metadata).toMatchObject({ contentEncoding: 'gzip' });
  });

  it('R31: Upload-Metadata counts too', async () => {
    const headers = { 'Upload-Metadata': `filename ${btoa('b.txt')},album ${btoa('Summer')}` };

    const response = await sendCreation(app(), { body: 'hello', headers });

    const { metadata } = await app().finished.of(uploadAt(response.headers.location).id);
    expect(metadata).toMatchObject({ filename: 'b.txt', album: 'Summer' });
  });

  it('R31: an app refuses by them before the body is sent', async () => {
    const connection = await app().connect();
    const headers = { 'Content-Disposition': 'inline; filename="refused.txt"' };
    const lines = linesOf({ ...stateHeaders(), ...headers });

    await connection.write(rawHead('POST', '/files', [...lines, 'Content-Length: 100000000']));
    const response = await connection.response();

    expect(response.status).toBe(403);
    expect(response.body.toString()).toContain('Not this one.');
    expect(response.header('Location')).toBeUndefined();
    expect(response.interim).toEqual([]);
    expect(response.header('Connection')).toBe('close');
  });

  it('R33: a route of another kind knows nothing of it', async () => {
    const headers = { 'Content-Type': 'application/json' };

    const response = await sendCreation(app(), { path: '/plain', body: '{"a":1}', headers });

    expect([response.status, response.text]).toEqual([201, '{"body":{"a":1}}']);
    expect(response.interim).toEqual([]);
    expect(response.headers['upload-complete']).toBeUndefined();
  });

  it.each(['application/x-www-form-urlencoded', 'application/json', 'text/plain', 'image/png'])(
    'R35: no parser touches a body of %s',
    async (type) => {
      const body = 'a=1&b={"c":';
      const headers = { 'Content-Type': type };

      const response = await sendCreation(app(), { body, headers });
      const atEndpoint = await sendCreation(app(), { path: '/videos', body, headers });

      const upload = uploadAt(response.headers.location);
      expect(response.status).toBe(200);
      expect(await storedBytes(app(), upload)).toEqual(Buffer.from(body));
      expect(atEndpoint.text).toBe(`{"size":${body.length}}`);
    },
  );

  it('R36: an upload whose method fails can be brought to its end again', async () => {
    let calls = 0;
    endpointOf(app()).work = ({ size }) => {
      if (calls++ === 0) throw new Error('Not now.');
      return { size };
    };
    const failed = await sendCreation(app(), { path: '/videos', body: 'hello' });
    const upload = uploadAt(failed.interim[0]?.headers.location);

    const again = await append(app(), upload, { offset: 5 });
    endpointOf(app()).work = ({ size }) => ({ size });

    expect(failed.status).toBe(500);
    expect([again.status < 300, again.text]).toEqual([true, '{"size":5}']);
    expect(again.headers['upload-complete']).toBe('?1');
    expect(calls).toBe(2);
  });

  it('R70: lengths and offsets count coded bytes, which are stored as they are', async () => {
    const body = gzipSync('hello '.repeat(100));
    const headers = { 'Content-Encoding': 'gzip' };

    const response = await sendCreation(app(), { length: body.length, body, headers });

    const upload = uploadAt(response.headers.location);
    expect(response.headers['upload-offset']).toBe(String(body.length));
    expect(await storedBytes(app(), upload)).toEqual(body);
  });

  /** The upload of a last creation of ten bytes that breaks off after five. */
  async function cutOff(framing: string, start: string): Promise<{ path: string; id: string }> {
    const connection: RawConnection = await app().connect();
    await connection.write(rawHead('POST', '/files', [...linesOf(stateHeaders()), framing]));
    const upload = uploadAt((await connection.interim()).header('Location'));
    await connection.write(start);
    await eventually(async () => expect(await storedBytes(app(), upload)).toHaveLength(5));
    connection.destroy();
    await connection.closed;
    return upload;
  }
});

describe.each(PLATFORMS)('creation with a maximum, as the IETF has it, on %s', (platform) => {
  const app = useApp({ platform, tus: { protocols: BOTH, maxSize: 10 } });

  it.each([
    ['by Upload-Length', ['Upload-Length: 11', 'Upload-Complete: ?0', 'Content-Length: 0']],
    ['by its last body', ['Upload-Complete: ?1', 'Content-Length: 11']],
    ['by its first body', ['Upload-Complete: ?0', 'Content-Length: 11']],
  ])('R27: what is too large %s is 413 with limits before it is sent', async (_name, lines) => {
    const connection = await app().connect();
    const version = 'Upload-Draft-Interop-Version: 8';

    await connection.write(rawHead('POST', '/files', [version, ...lines]));
    const response = await connection.response();

    expectProblem(response, 413);
    expect(limitsOf(response.header('Upload-Limit'))).toMatchObject({ 'max-size': 10 });
    expect(response.interim).toEqual([]);
    expect(response.header('Location')).toBeUndefined();
  });

  it('R27: what is just large enough is taken', async () => {
    const response = await sendCreation(app(), { length: 10, body: 'helloworld' });

    expect([response.status, response.headers['upload-complete']]).toEqual([200, '?1']);
  });

  it('R27: a chunked body that runs past the maximum is 413, and nothing is delivered', async () => {
    const response = await sendCreation(app(), { body: ['hello', 'world', '!'] });

    expectProblem(response, 413);
    const barrier = await sendCreation(app(), { body: 'barrier' });
    await app().finished.of(uploadAt(barrier.headers.location).id);
    expect(app().finished.uploads.map(({ size }) => size)).not.toContain(11);
  });
});

describe.each(PLATFORMS)('creation of allowed types, as the IETF has it, on %s', (platform) => {
  const app = useApp({ platform, tus: { protocols: BOTH, allowedTypes: ['image/png'] } });

  it('R32: bytes that are refused end the upload in the middle of its body', async () => {
    const connection = await app().connect();
    const lines = [...linesOf(stateHeaders()), 'Transfer-Encoding: chunked'];
    await connection.write(rawHead('POST', '/files', lines));
    const upload = uploadAt((await connection.interim()).header('Location'));

    await connection.write(chunk('%PDF-1.4\n'.repeat(1000)));
    const response = await connection.response();

    expectProblem(response, 415);
    expect(response.header('Upload-Complete')).toBe('?1');
    await connection.write(LAST_CHUNK);
    expect([404, 410]).toContain((await retrieveOffset(app(), upload)).status);
  });

  it('R32: a declared type is refused before that', async () => {
    const headers = { 'Content-Type': 'text/plain' };

    const response = await sendCreation(app(), { body: 'hello', headers });

    expectProblem(response, 415);
    expect(response.interim).toEqual([]);
  });
});
