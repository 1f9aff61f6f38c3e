import { Controller, Injectable } from '@nestjs/common';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  BeforeUploadFinish,
  TusEndpoint,
  UploadedUpload,
  type EndpointUpload,
} from '../../lib/index.js';
import {
  chunk,
  eventually,
  LAST_CHUNK,
  PLATFORMS,
  rawHead,
  useApp,
  type TestApp,
} from '../support/index.js';

/** What the app does at the end of an upload, as a test wants it. */
@Injectable()
class Doings {
  beforeFinish: () => void = () => undefined;
  take: (upload: EndpointUpload) => unknown = ({ size }) => ({ size });
  taken = 0;

  @BeforeUploadFinish()
  check(): void {
    this.beforeFinish();
  }
}

@Controller('videos')
class VideosController {
  constructor(private readonly doings: Doings) {}

  @TusEndpoint()
  take(@UploadedUpload() upload: EndpointUpload): unknown {
    this.doings.taken++;
    return this.doings.take(upload);
  }
}

const versionOf = (version: number) => ({ 'Upload-Draft-Interop-Version': String(version) });

async function create(app: TestApp, version: number, headers = {}, path = '/files') {
  const all = { ...versionOf(version), 'Upload-Complete': '?0', ...headers };
  const { status, headers: told } = await app.request({ method: 'POST', path, headers: all });
  expect(status).toBe(201);
  return String(told.location);
}

function append(app: TestApp, version: number, url: string, headers: object, body?: string) {
  return app.request({
    method: 'PATCH',
    path: url,
    headers: {
      ...versionOf(version),
      'Content-Type': 'application/partial-upload',
      ...(headers as Record<string, string>),
    },
    body,
  });
}

const look = (app: TestApp, version: number, path: string) =>
  app.request({ method: 'HEAD', path, headers: versionOf(version) });

async function offsetAt(app: TestApp, url: string, offset: string): Promise<void> {
  await eventually(async () => {
    const found = await app.tus.find(url.split('/').at(-1)!);
    expect(String(found?.offset)).toBe(offset);
  });
}

describe.each(PLATFORMS)('what breaks off in the IETF’s protocol on %s', (platform) => {
  const running = useApp({
    platform,
    tus: { protocols: ['tus', 'ietf'], ietf: { versions: [6, 8, 10] } },
    controllers: [VideosController],
    providers: [Doings],
  });
  const doings = () => running().nest.get(Doings, { strict: false });

  afterEach(() => {
    doings().beforeFinish = () => undefined;
    doings().take = ({ size }) => ({ size });
  });

  it('keeps what came of a creation, and ends the older of two appends', async () => {
    const app = running();
    const url = await create(app, 8, { 'Upload-Length': '10' });
    const older = await app.connect();
    await older.write(
      rawHead('PATCH', url, [
        'Content-Type: application/partial-upload',
        'Upload-Draft-Interop-Version: 8',
        'Upload-Offset: 0',
        'Upload-Complete: ?1',
        'Content-Length: 10',
      ]) + 'hello',
    );
    await offsetAt(app, url, '5');
    const told = await look(app, 8, url);
    expect(told.headers['upload-offset']).toBe('5');
    expect(await older.responseOrClose()).toBeUndefined();
    const rest = { 'Upload-Offset': '5', 'Upload-Complete': '?1' };
    expect((await append(app, 8, url, rest, 'world')).status).toBe(200);
  });

  it('closes the connection where the app fails at the end, and tries again', async () => {
    const app = running();
    doings().beforeFinish = () => {
      throw new Error('broken');
    };
    const connection = await app.connect();
    const head = ['Upload-Draft-Interop-Version: 6', 'Upload-Complete: ?1', 'Content-Length: 5'];
    await connection.write(rawHead('POST', '/files', head) + 'hello');
    expect(await connection.responseOrClose()).toBeUndefined();
    const { items } = await app.tus.list({ state: 'receiving' });
    const { id, offset } = items.at(-1)!;
    expect(offset).toBe(5);
    expect(app.logs.errors().join()).toContain(`Upload ${id} failed on POST: broken`);

    doings().beforeFinish = () => undefined;
    const told = await look(app, 6, `/files/${id}`);
    expect(told.headers).toMatchObject({ 'upload-offset': '5', 'upload-complete': '?1' });
  });

  it('is complete by its length for version 6, and by what is said for later ones', async () => {
    const app = running();
    const all = { 'Upload-Offset': '0', 'Upload-Complete': '?0' };
    const old = await create(app, 6, { 'Upload-Length': '5' });
    expect((await append(app, 6, old, all, 'hello')).headers['upload-complete']).toBe('?1');
    expect((await append(app, 6, old, { 'Upload-Offset': '5' })).status).toBe(400);

    const later = await create(app, 8, { 'Upload-Length': '5' });
    expect((await append(app, 8, later, all, 'hello')).headers['upload-complete']).toBe('?0');
    expect((await look(app, 8, later)).headers['upload-complete']).toBe('?0');
    const last = { 'Upload-Offset': '5', 'Upload-Complete': '?1' };
    expect((await append(app, 8, later, last)).headers['upload-complete']).toBe('?1');
    expect((await append(app, 8, later, last)).status).toBe(200);
  });

  it.each(['announced', 'chunked'])(
    'ends an upload that gets %s bytes past its end',
    async (how) => {
      const app = running();
      const url = await create(app, 8, { 'Upload-Length': '3' });
      const lines = [
        'Content-Type: application/partial-upload',
        'Upload-Draft-Interop-Version: 8',
        'Upload-Offset: 0',
        'Upload-Complete: ?0',
      ];
      const connection = await app.connect();
      await connection.write(
        how === 'chunked'
          ? rawHead('PATCH', url, [...lines, 'Transfer-Encoding: chunked']) +
              chunk('hello') +
              LAST_CHUNK
          : `${rawHead('PATCH', url, [...lines, 'Content-Length: 5'])}hello`,
      );
      const { status, body } = await connection.response();
      expect(status).toBe(400);
      expect(JSON.parse(body.toString()).type).toMatch(/#inconsistent-upload-length$/);
      expect((await look(app, 8, url)).status).toBe(410);
    },
  );

  it('keeps bytes that are said to be the last, and are too few', async () => {
    const app = running();
    const url = await create(app, 8, { 'Upload-Length': '9' });
    const { status } = await app.request({
      method: 'PATCH',
      path: url,
      headers: {
        ...versionOf(8),
        'Content-Type': 'application/partial-upload',
        'Upload-Offset': '0',
        'Upload-Complete': '?1',
      },
      body: ['hello'],
    });
    expect(status).toBe(400);
    const told = await look(app, 8, url);
    expect(told.headers).toMatchObject({ 'upload-offset': '5', 'upload-complete': '?0' });
  });

  it('leaves nothing of an upload of its own that breaks off', async () => {
    const app = running();
    const connection = await app.connect();
    await connection.write(`${rawHead('POST', '/videos', ['Content-Length: 10'])}hello`);
    const isThere = async () => {
      const { items } = await app.tus.list({ state: 'receiving' });
      return items.some(({ endpoint, offset }) => endpoint !== undefined && offset === 5);
    };
    await eventually(async () => expect(await isThere()).toBe(true));
    connection.destroy();
    await eventually(async () => expect(await isThere()).toBe(false));
  });

  it('asks an endpoint again whose method failed, and gives its answer again', async () => {
    const app = running();
    doings().take = () => {
      throw new Error('not now');
    };
    const url = await create(app, 8, {}, '/videos');
    const first = { 'Upload-Offset': '0', 'Upload-Complete': '?1' };
    const failed = await append(app, 8, url, first, 'hello');
    expect(failed.status).toBe(500);
    const told = await look(app, 8, url);
    expect(told.headers).toMatchObject({ 'upload-offset': '5', 'upload-complete': '?0' });

    doings().take = ({ size }) => ({ size });
    const before = doings().taken;
    const last = { 'Upload-Offset': '5', 'Upload-Complete': '?1' };
    for (let times = 0; times < 2; times++) {
      const answer = await append(app, 8, url, last);
      expect(answer.status).toBe(200);
      expect(answer.headers['upload-complete']).toBe('?1');
      expect(JSON.parse(answer.text)).toEqual({ size: 5 });
    }
    expect(doings().taken).toBe(before + 1);
    expect((await look(app, 8, url)).headers['upload-complete']).toBe('?1');
  });

  it('ends an upload whose file is not what it was, for its offset never goes back', async () => {
    const app = running();
    const url = await create(app, 8, { 'Upload-Length': '10' });
    const first = { 'Upload-Offset': '0', 'Upload-Complete': '?0' };
    expect((await append(app, 8, url, first, 'hello')).status).toBe(204);
    await writeFile(join(app.tmpFileDir, url.split('/').at(-1)!), 'more than ten bytes');
    expect((await look(app, 8, url)).status).toBe(410);
  });
});

describe.each(PLATFORMS)('an instance that speaks the IETF’s protocol alone on %s', (platform) => {
  const running = useApp({ platform, tus: { protocols: ['ietf'], hash: 'sha1' } });

  it('hashes the whole for the app and for the client, over several appends', async () => {
    const app = running();
    const asked = { 'Want-Repr-Digest': 'sha-256=5' };
    const url = await create(app, 8, asked);
    const first = { 'Upload-Offset': '0', 'Upload-Complete': '?0' };
    await append(app, 8, url, first, 'hello ');
    const last = { 'Upload-Offset': '6', 'Upload-Complete': '?1' };
    const { headers } = await append(app, 8, url, last, 'world');
    const digest = 'sha-256=:uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek=:';
    expect(headers['repr-digest']).toBe(digest);
    const upload = await app.tus.find(url.split('/').at(-1)!);
    expect(upload?.hash).toEqual({
      algorithm: 'sha1',
      hex: '2aae6c35c94fcfb415dbe95f408b9ce91ee846ed',
    });
  });

  it('offers no tus, and refuses it', async () => {
    const app = running();
    const offered = await app.request({ method: 'OPTIONS', path: '/files' });
    expect(offered.headers['tus-version']).toBeUndefined();
    expect(offered.headers['tus-resumable']).toBeUndefined();
    expect(offered.headers['accept-patch']).toBe('application/partial-upload');
    const headers = { 'Tus-Resumable': '1.0.0', 'Upload-Length': '5' };
    const refused = await app.request({ method: 'POST', path: '/files', headers });
    expect(refused.status).toBe(412);
    expect(refused.headers['tus-resumable']).toBeUndefined();
  });

  it('creates uploads of its own protocol for the app', async () => {
    const app = running();
    const { url } = await app.tus.create({ length: 5 });
    const all = { 'Upload-Offset': '0', 'Upload-Complete': '?1' };
    expect((await append(app, 10, url, all, 'hello')).status).toBe(200);
    await expect(app.tus.create({ protocol: 'tus' })).rejects.toThrow('protocol');
  });
});
