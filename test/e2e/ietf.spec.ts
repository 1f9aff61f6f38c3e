import { All, Controller, Req, Res } from '@nestjs/common';
import { readFile } from 'node:fs/promises';
import {
  TusEndpoint,
  TusService,
  UploadedUpload,
  type EndpointUpload,
  type PlatformRequest,
  type PlatformResponse,
} from '../../lib/index.js';
import { PLATFORMS, rawHead, useApp, type HttpRequest, type TestApp } from '../support/index.js';

const ID = { 'Upload-Draft-Interop-Version': '8' };
const PARTIAL = { 'Content-Type': 'application/partial-upload' };

@Controller('videos')
class VideosController {
  @TusEndpoint('', { protocols: ['tus', 'ietf'], methods: ['POST', 'PUT'] })
  take(@UploadedUpload() upload: EndpointUpload, @Req() _request: object): unknown {
    const { size, filename, protocol } = upload;
    return { size, filename, protocol };
  }
}

@Controller('own')
class OwnController {
  constructor(private readonly tus: TusService) {}

  @All(['', ':id'])
  async take(@Req() request: PlatformRequest, @Res() response: PlatformResponse): Promise<void> {
    await this.tus.handle(request, response);
  }
}

function send(app: TestApp, method: string, path: string, more: Partial<HttpRequest> = {}) {
  const { headers, ...rest } = more;
  return app.request({ method, path, headers: { ...ID, ...headers }, ...rest });
}

describe.each(PLATFORMS)('the IETF’s resumable uploads on %s', (platform) => {
  const running = useApp({
    platform,
    tus: { protocols: ['tus', 'ietf'], maxSize: 100, download: true },
    controllers: [VideosController, OwnController],
  });

  it('tells where an upload is before its body is read', async () => {
    const connection = await running().connect();
    await connection.write(
      rawHead('POST', '/files', [
        'Upload-Complete: ?1',
        'Upload-Draft-Interop-Version: 8',
        'Content-Length: 5',
      ]),
    );
    const answer = connection.response();
    await connection.write('hello');
    const { interim, status, header } = await answer;
    expect(interim.map((head) => head.status)).toEqual([104]);
    expect(status).toBe(200);
    expect(header('Upload-Complete')).toBe('?1');
    expect(header('Tus-Resumable')).toBeUndefined();
  });

  it('creates, appends, tells the offset, and completes', async () => {
    const app = running();
    const created = await send(app, 'POST', '/files', { headers: { 'Upload-Complete': '?0' } });
    expect(created.status).toBe(201);
    expect(created.headers).toMatchObject({
      'upload-complete': '?0',
      'upload-offset': '0',
      'upload-limit': 'max-size=100, max-age=86400',
      'upload-draft-interop-version': '8',
    });
    const url = String(created.headers.location);

    const more = { ...PARTIAL, 'Upload-Offset': '0', 'Upload-Complete': '?0' };
    const appended = await send(app, 'PATCH', url, { headers: more, body: 'hello' });
    expect(appended.status).toBe(204);
    expect(appended.headers['upload-complete']).toBe('?0');

    const told = await send(app, 'HEAD', url);
    expect(told.status).toBe(204);
    expect(told.headers).toMatchObject({ 'upload-offset': '5', 'upload-complete': '?0' });

    const override = { 'X-HTTP-Method-Override': 'HEAD' };
    const overridden = await send(app, 'POST', url, { headers: override });
    expect(overridden.status).toBe(204);
    expect(overridden.headers['upload-offset']).toBe('5');
    expect(overridden.headers['content-length']).toBeUndefined();

    const last = { ...PARTIAL, 'Upload-Offset': '5', 'Upload-Complete': '?1' };
    const completed = await send(app, 'PATCH', url, { headers: last, body: ' world' });
    expect(completed.status).toBe(200);
    expect(completed.headers).toMatchObject({ 'upload-complete': '?1', location: url });

    const id = url.split('/').at(-1)!;
    const bare = await app.request({ method: 'HEAD', path: url });
    expect(bare.headers).toMatchObject({
      'content-length': '11',
      'upload-offset': '11',
      'upload-complete': '?1',
    });
    expect((await app.request({ method: 'GET', path: url })).text).toBe('hello world');
    const { path, protocol } = await app.finished.of(id);
    expect(await readFile(path, 'utf8')).toBe('hello world');
    expect(protocol).toBe('ietf');
    expect((await send(app, 'HEAD', url)).headers['upload-complete']).toBe('?1');
  });

  it('refuses another offset with problem details, and cancels', async () => {
    const app = running();
    const created = await send(app, 'POST', '/files', { headers: { 'Upload-Complete': '?0' } });
    const url = String(created.headers.location);
    const wrong = { ...PARTIAL, 'Upload-Offset': '3', 'Upload-Complete': '?0' };
    const refused = await send(app, 'PATCH', url, { headers: wrong, body: 'x' });
    expect(refused.status).toBe(409);
    expect(refused.headers).toMatchObject({
      'content-type': expect.stringMatching(/^application\/problem\+json/),
      'upload-offset': '0',
      'upload-complete': '?0',
    });
    expect(JSON.parse(refused.text)).toMatchObject({ 'expected-offset': 0, 'provided-offset': 3 });
    expect((await send(app, 'DELETE', url)).status).toBe(204);
    expect((await send(app, 'HEAD', url)).status).toBe(410);
  });

  it('gives an endpoint’s answer, to what can be resumed and to what cannot', async () => {
    const app = running();
    const body = 'hello';
    const disposition = { 'Content-Disposition': 'attachment; filename="a.txt"' };
    const asked = { ...disposition, 'Upload-Complete': '?1' };
    const resumable = await send(app, 'POST', '/videos', { headers: asked, body });
    expect(resumable.status).toBe(201);
    expect(resumable.headers['upload-complete']).toBe('?1');
    expect(JSON.parse(resumable.text)).toEqual({ size: 5, filename: 'a.txt', protocol: 'ietf' });

    for (const method of ['POST', 'PUT']) {
      const plain = await app.request({ method, path: '/videos', headers: disposition, body });
      expect(plain.status).toBe(method === 'POST' ? 201 : 200);
      expect(plain.headers['upload-complete']).toBeUndefined();
      expect(plain.headers['tus-resumable']).toBeUndefined();
      expect(JSON.parse(plain.text)).toEqual({ size: 5, filename: 'a.txt', protocol: 'ietf' });
    }
  });

  it('is spoken on a route of the app’s own', async () => {
    const app = running();
    const careful = { headers: { 'Upload-Complete': '?0' } };
    const created = await send(app, 'POST', '/own', careful);
    expect(created.status).toBe(201);
    const url = String(created.headers.location);
    expect(url).toMatch(/^\/own\//);
    const last = { ...PARTIAL, 'Upload-Offset': '0', 'Upload-Complete': '?1' };
    const completed = await send(app, 'PATCH', url, { headers: last, body: 'hello' });
    expect(completed.status).toBe(200);
    expect(completed.headers).toMatchObject({ location: url, 'upload-complete': '?1' });
    const refused = await send(app, 'PATCH', url, { headers: { ...last, 'Upload-Offset': '9' } });
    expect(refused.status).toBe(409);
    expect(refused.headers['content-type']).toMatch(/^application\/problem\+json/);
  });

  it('offers both protocols, and keeps their uploads apart', async () => {
    const app = running();
    const offered = await app.request({ method: 'OPTIONS', path: '/files' });
    expect(offered.headers).toMatchObject({
      'tus-version': '1.0.0',
      'upload-limit': 'max-size=100, max-age=86400',
      'accept-patch': 'application/partial-upload, application/offset+octet-stream',
    });
    const tus = { 'Tus-Resumable': '1.0.0' };
    const created = await send(app, 'POST', '/files', { headers: { 'Upload-Complete': '?0' } });
    const url = String(created.headers.location);
    expect((await app.request({ method: 'HEAD', path: url, headers: tus })).status).toBe(404);
    const forgotten = await app.request({ method: 'PATCH', path: url });
    expect(forgotten.status).toBe(412);
    expect(forgotten.headers['tus-version']).toBe('1.0.0');
  });

  it('holds the whole against its digest, and tells it where that is wanted', async () => {
    const app = running();
    const digest = 'sha-256=:uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek=:';
    const asked = { 'Upload-Complete': '?1', 'Want-Repr-Digest': 'sha-256=9' };
    const told = await send(app, 'POST', '/files', { headers: asked, body: 'hello world' });
    expect(told.headers['repr-digest']).toBe(digest);

    const headers = { 'Upload-Complete': '?1', 'Repr-Digest': digest };
    const taken = await send(app, 'POST', '/files', { headers, body: 'hello world' });
    expect(taken.status).toBe(200);
    const refused = await send(app, 'POST', '/files', { headers, body: 'hello worle' });
    expect(refused.status).toBe(400);
    expect(refused.headers['upload-complete']).toBe('?1');
    expect(JSON.parse(refused.text).type).toMatch(/#digest-mismatched-values$/);

    const content = { 'Upload-Complete': '?1', 'Content-Digest': digest };
    const damaged = await send(app, 'POST', '/files', { headers: content, body: 'hello worle' });
    expect(damaged.status).toBe(400);
    expect(damaged.headers['upload-complete']).toBe('?0');
  });
});
