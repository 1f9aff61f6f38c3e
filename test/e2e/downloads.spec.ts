import { Controller, ForbiddenException, Get, Header, UseGuards } from '@nestjs/common';
import type { CallHandler, CanActivate, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { EventEmitter, once } from 'node:events';
import { mkdir, rm, unlink, writeFile } from 'node:fs/promises';
import { Agent, request as httpRequest } from 'node:http';
import type { IncomingMessage, RequestOptions, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { createGzip, gunzipSync, type Gzip } from 'node:zlib';
import compression from 'compression';
import onHeaders from 'on-headers';
import { finalize } from 'rxjs';
import type { DownloadDisposition, FinishedUpload } from '../../lib/index.js';
import {
  connectionsOf,
  countDescriptors,
  create,
  eventually,
  expectHeadRefused,
  expectRefused,
  head,
  makeTempFolder,
  OCTETS,
  offsetOf,
  PLATFORMS,
  post,
  removeTempFolder,
  SeededContent,
  SeededRandom,
  startApp,
  storedBytes,
  terminate,
  TUS,
  useApp,
} from '../support/index.js';
import type {
  CreatedUpload,
  CreateOptions,
  HeaderValues,
  HttpResponse,
  TestApp,
} from '../support/index.js';

const TEXT = 'The quick brown fox jumps over the lazy dog.';

type Metadata = CreateOptions['metadata'];

/** Makes an upload with all its bytes. */
function finish(
  app: TestApp,
  content: string | Buffer = TEXT,
  metadata?: Metadata,
  headers?: HeaderValues,
): Promise<CreatedUpload> {
  const body = content.length === 0 ? undefined : content;
  return create(app, { length: Buffer.byteLength(content), body, metadata, headers });
}

function get(
  app: TestApp,
  { path }: Pick<CreatedUpload, 'path'>,
  headers?: HeaderValues,
): Promise<HttpResponse> {
  return app.request({ path, headers });
}

/** What is told of a file: all headers but those of the moment and the connection. */
function described({ headers }: HttpResponse): object {
  const { date: _date, connection: _connection, 'keep-alive': _time, ...rest } = headers;
  return rest;
}

@Controller('text')
class TextController {
  @Get()
  @Header('Content-Type', 'text/plain')
  text(): string {
    return TEXT;
  }
}

describe.each(PLATFORMS)('Downloads on %s', (platform) => {
  const app = useApp({ platform, tus: { download: true, durability: 'none' } });

  it('serve the whole file', async () => {
    const upload = await finish(app());

    const response = await get(app(), upload);

    expect(response.status).toBe(200);
    expect(response.text).toBe(TEXT);
    expect(response.headers).toMatchObject({
      'content-length': String(TEXT.length),
      'accept-ranges': 'bytes',
      'x-content-type-options': 'nosniff',
      'cache-control': 'private, no-cache, no-transform',
      'tus-resumable': '1.0.0',
    });
    expect(response.headers.etag).toMatch(/^"[^"]+"$/);
    expect(Date.parse(response.headers['last-modified'] ?? '')).not.toBeNaN();
  });

  it('are among the methods of an upload, and not of the creation URL', async () => {
    const { path } = await finish(app());

    const onUpload = await app().request({ method: 'PUT', path });
    const onCreation = await app().request({ path: '/files' });
    const headOnCreation = await app().request({ method: 'HEAD', path: '/files' });

    expect(onUpload.headers.allow).toBe('OPTIONS, HEAD, PATCH, DELETE, GET');
    expect([onCreation.status, onCreation.headers.allow]).toEqual([405, 'OPTIONS, POST']);
    expect([headOnCreation.status, headOnCreation.headers.allow]).toEqual([405, 'OPTIONS, POST']);
  });

  it.each([
    ['from a byte on', 'bytes=40-', 'dog.', '40-43'],
    ['of the last bytes', 'bytes=-4', 'dog.', '40-43'],
    ['between two bytes', 'bytes=4-8', 'quick', '4-8'],
    ['past the end, cut there', 'bytes=40-9999', 'dog.', '40-43'],
    ['of more last bytes than there are', 'bytes=-9999', TEXT, '0-43'],
  ])('serve a range %s', async (_case, range, bytes, shown) => {
    const upload = await finish(app());

    const response = await get(app(), upload, { Range: range });

    expect(response.status).toBe(206);
    expect(response.text).toBe(bytes);
    expect(response.headers['content-range']).toBe(`bytes ${shown}/44`);
    expect(response.headers['content-length']).toBe(String(bytes.length));
  });

  it.each(['bytes=44-', 'bytes=100-200', 'bytes=-0'])('refuse the range %s', async (range) => {
    const upload = await finish(app());

    const response = await get(app(), upload, { Range: range });

    expectRefused(response, 416);
    expect(response.headers['content-range']).toBe('bytes */44');
    expect(response.headers).not.toHaveProperty('content-disposition');
  });

  it.each(['bytes=0-1,40-43', 'bytes=x', 'lines=1-2'])(
    'answer %s with the whole file',
    async (range) => {
      const upload = await finish(app());

      const response = await get(app(), upload, { Range: range });

      expect(response.status).toBe(200);
      expect(response.text).toBe(TEXT);
      expect(response.headers).not.toHaveProperty('content-range');
    },
  );

  it('go on where they stopped as long as the file is the same', async () => {
    const upload = await finish(app());
    const { headers } = await get(app(), upload);
    const ifRange = async (value: string | undefined) => {
      const { status, text } = await get(app(), upload, { Range: 'bytes=40-', 'If-Range': value });
      return [status, text];
    };

    expect(await ifRange(headers.etag)).toEqual([206, 'dog.']);
    expect(await ifRange(headers['last-modified'])).toEqual([206, 'dog.']);
    expect(await ifRange('"another"')).toEqual([200, TEXT]);
    expect(await ifRange('Thu, 01 Jan 1970 00:00:00 GMT')).toEqual([200, TEXT]);
  });

  it('send nothing to a client that has the file', async () => {
    const upload = await finish(app());
    const { headers } = await get(app(), upload);
    const seen = { etag: headers.etag, modified: headers['last-modified'] };

    const byTag = await get(app(), upload, { 'If-None-Match': seen.etag });
    const byDate = await get(app(), upload, { 'If-Modified-Since': seen.modified });
    const other = await get(app(), upload, { 'If-None-Match': '"another"' });
    const failed = await get(app(), upload, { 'If-Match': '"another"' });

    expect([byTag.status, byTag.body.length]).toEqual([304, 0]);
    expect(byTag.headers.etag).toBe(seen.etag);
    expect([byDate.status, byDate.body.length]).toEqual([304, 0]);
    expect(other.status).toBe(200);
    expectRefused(failed, 412);
  });

  it.each([
    ['photo.png', 'inline; filename="photo.png"'],
    [
      '日本語.txt',
      'inline; filename="???.txt"; filename*=UTF-8\'\'%E6%97%A5%E6%9C%AC%E8%AA%9E.txt',
    ],
    ['a "quoted" name.txt', 'inline; filename="a _quoted_ name.txt"'],
    ["it's 100%.txt", `inline; filename="it's 100%.txt"`],
    ['../../etc/passwd', 'inline; filename="passwd"'],
    ['C:\\Users\\me\\report.txt', 'inline; filename="report.txt"'],
    ['a\r\nSet-Cookie: b=c', 'inline; filename="aSet-Cookie_ b=c"'],
    [undefined, 'inline'],
    ['..', 'inline'],
  ])('are named after %j', async (filename, disposition) => {
    const metadata = { filetype: 'image/png', ...(filename !== undefined && { filename }) };
    const upload = await finish(app(), TEXT, metadata);

    const { headers } = await get(app(), upload);

    expect(headers['content-disposition']).toBe(disposition);
    expect(headers).not.toHaveProperty('set-cookie');
  });

  it.each([
    [{ filetype: 'image/png' }, 'image/png'],
    [{ type: 'video/mp4' }, 'video/mp4'],
    [{ filetype: 'TEXT/Plain; charset=utf-8' }, 'text/plain'],
    [{ filetype: 'application/pdf', type: 'text/html' }, 'application/pdf'],
  ])('are shown where the type is harmless: %j', async (metadata, type) => {
    const upload = await finish(app(), TEXT, metadata);

    const { headers } = await get(app(), upload);

    expect(headers['content-type']).toBe(type);
    expect(headers['content-disposition']).toBe('inline');
    expect(headers['x-content-type-options']).toBe('nosniff');
  });

  it.each([
    [{ filetype: 'text/html' }],
    [{ filetype: 'image/svg+xml' }],
    [{ filetype: 'application/xhtml+xml' }],
    [{ filetype: 'text/javascript' }],
    [{ filetype: 'text/html', type: 'image/png' }],
    [{ filetype: 'image/png\r\nX-Evil: yes' }],
    [{ filetype: 'nonsense' }],
    [{ filetype: '' }],
    [{}],
  ])('are attachments where the type is not: %j', async (metadata) => {
    const upload = await finish(app(), '<script>alert(1)</script>', metadata);

    const { headers } = await get(app(), upload);

    expect(headers['content-type']).toBe('application/octet-stream');
    expect(headers['content-disposition']).toBe('attachment');
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers).not.toHaveProperty('x-evil');
  });

  it('have the head that HEAD without Tus-Resumable shows', async () => {
    const upload = await finish(app(), TEXT, { filename: '日本語.txt', filetype: 'text/plain' });
    const ask = (headers: HeaderValues) =>
      app().request({ method: 'HEAD', path: upload.path, headers });

    for (const headers of [{}, { Range: 'bytes=4-8' }]) {
      const shown = await ask(headers);
      const sent = await get(app(), upload, headers);

      expect(shown.status).toBe(sent.status);
      expect(described(shown)).toEqual(described(sent));
      expect(shown.body).toHaveLength(0);
    }
    const refused = await ask({ Range: 'bytes=99-' });
    expect([refused.status, refused.headers['content-range']]).toEqual([416, 'bytes */44']);
    expect((await ask({})).headers).not.toHaveProperty('upload-offset');
  });

  it('leave HEAD with Tus-Resumable to tus', async () => {
    const upload = await finish(app());

    const { status, headers } = await head(app(), upload);

    expect(status).toBe(200);
    expect(headers).toMatchObject({ 'upload-offset': '44', 'upload-length': '44' });
    expect(headers['cache-control']).toBe('no-store');
    expect(headers).not.toHaveProperty('etag');
  });

  it('do not ask for Tus-Resumable, and do not mind one', async () => {
    const upload = await finish(app());

    expect((await get(app(), upload, { 'Tus-Resumable': '1.0.0' })).text).toBe(TEXT);
    expect((await get(app(), upload, { 'Tus-Resumable': '0.2.2' })).text).toBe(TEXT);
  });

  it('serve a file without a byte', async () => {
    const upload = await finish(app(), '');

    const whole = await get(app(), upload);
    const range = await get(app(), upload, { Range: 'bytes=0-' });

    expect([whole.status, whole.headers['content-length'], whole.text]).toEqual([200, '0', '']);
    expectRefused(range, 416);
    expect(range.headers['content-range']).toBe('bytes */0');
  });

  it('serve no unfinished upload, and do not disturb it', async () => {
    const upload = await create(app(), { length: 44, body: 'The quick' });

    expectRefused(await get(app(), upload), 404);
    expectHeadRefused(await app().request({ method: 'HEAD', path: upload.path }), 404);
    expect(await offsetOf(app(), upload)).toBe(9);
  });

  it('serve no part of an upload, but what was made of the parts', async () => {
    const concat = { 'Upload-Concat': 'partial' };
    const first = await finish(app(), 'The quick ', undefined, concat);
    const second = await finish(app(), 'brown fox', undefined, concat);

    const final = await post(app(), {
      headers: {
        'Upload-Defer-Length': undefined,
        'Upload-Concat': `final;${first.path} ${second.path}`,
      },
    });

    expectRefused(await get(app(), first), 404);
    expect((await get(app(), { path: final.headers.location! })).text).toBe('The quick brown fox');
  });

  it('say that an upload was terminated', async () => {
    const upload = await finish(app());
    // While its handler has it in hand, it stays.
    await eventually(async () => expect((await terminate(app(), upload)).status).toBe(204));

    expectRefused(await get(app(), upload), 410);
  });

  it('serve nothing once the application has removed the file', async () => {
    const cleaned = await finish(app());
    const taken = await finish(app());
    await app().tus.cleanupFile(cleaned.id);
    await unlink(join(app().tmpFileDir, taken.id));

    expectRefused(await get(app(), cleaned), 404);
    expectRefused(await get(app(), taken), 404);
  });

  it('serve a file from where it was moved to', async () => {
    const upload = await finish(app(), TEXT, { filename: 'fox.txt', filetype: 'text/plain' });
    const path = join(app().folder!, 'moved #1', 'fox.html');

    await app().tus.moveTo(upload.id, path);
    const response = await get(app(), upload);

    expect(response.text).toBe(TEXT);
    expect(response.headers['content-type']).toBe('text/plain');
    expect(response.headers['content-disposition']).toBe('inline; filename="fox.txt"');
  });

  it('know a moved file for another one once the application has changed it', async () => {
    const upload = await finish(app());
    const path = join(app().folder!, 'moved', upload.id);
    await app().tus.moveTo(upload.id, path);
    const { etag } = (await get(app(), upload)).headers;

    await writeFile(path, 'Something else.');

    expect((await get(app(), upload, { 'If-None-Match': etag })).text).toBe('Something else.');
    const rest = await get(app(), upload, { 'If-Range': etag, Range: 'bytes=10-' });
    expect([rest.status, rest.text]).toEqual([200, 'Something else.']);
  });

  it('serve no folder that has come to lie where the file was', async () => {
    const upload = await finish(app());
    const path = join(app().folder!, 'replaced', upload.id);
    await app().tus.moveTo(upload.id, path);

    await rm(path);
    await mkdir(path);

    expectRefused(await get(app(), upload), 404);
  });

  it.each([
    '0123456789abcdef0123456789abcdef',
    'nonsense',
    '..%2f..%2fetc%2fpasswd',
    '%00',
    '.tus',
  ])('know nothing of %s', async (id) => {
    expectRefused(await get(app(), { path: `/files/${id}` }), 404);
  });

  it('send every byte of a file that is removed meanwhile', async () => {
    const content = new SeededContent('removed', 24 * 1024 * 1024);
    const upload = await create(app(), { length: content.length, body: [...content.pieces()] });
    const incoming = await answerTo(app(), { path: upload.path });

    await unlink(join(app().tmpFileDir, upload.id));

    const hash = createHash('sha256');
    for await (const chunk of incoming) hash.update(chunk as Buffer);
    expect(hash.digest('hex')).toBe(content.sha256());
    expectRefused(await get(app(), upload), 404);
  });

  it('leak no descriptor and log nothing when clients leave', async () => {
    const content = new SeededContent('leaving', 128 * 1024).bytes();
    const upload = await finish(app(), content, { filename: '日本語.txt', filetype: 'text/plain' });
    await readOrLeave(app(), upload.path, undefined);
    const before = await countDescriptors();
    const random = new SeededRandom('clients');

    const readers = Array.from({ length: 8 }, async () => {
      for (let count = 0; count < 63; count++) {
        const stays = count % 2 === 0;
        const bytes = stays ? undefined : random.integer(-1, content.length - 1);
        const read = await readOrLeave(app(), upload.path, bytes);
        if (stays) expect(read).toBe(content.length);
      }
    });
    await Promise.all(readers);

    await eventually(async () => expect(await countDescriptors()).toBe(before));
    expect(app().logs.errors()).toEqual([]);
  });
});

/** What the app says of downloads: what their metadata, or the request, say. */
async function disposition(
  { metadata }: Pick<FinishedUpload, 'metadata'>,
  request: object,
): Promise<DownloadDisposition | undefined> {
  const { url = '' } = request as { url?: string };
  if (metadata['show'] === 'fail') throw new ForbiddenException('Not for you.');
  if (url.endsWith('?save')) return 'attachment';
  return Promise.resolve(metadata['show'] as DownloadDisposition | undefined);
}

describe.each(PLATFORMS)('Downloads that the app has shown or saved on %s', (platform) => {
  const app = useApp({
    platform,
    tus: { download: { disposition } },
    configure: (nest) => {
      nest.use((req: IncomingMessage, res: ServerResponse, next: () => void) => {
        if (req.url?.endsWith('?framed')) {
          res.setHeader('Content-Security-Policy', "frame-ancestors 'self'");
        }
        next();
      });
    },
  });
  const SANDBOX = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

  async function shown(metadata: Record<string, string>, suffix = ''): Promise<unknown[]> {
    const upload = await finish(app(), TEXT, { filename: 'a.x', ...metadata });
    const ask = { path: upload.path + suffix };
    const response = await get(app(), ask);
    expect(response.text).toBe(TEXT);
    const head = await app().request({ method: 'HEAD', ...ask });
    expect(described(head)).toEqual(described(response));
    expect(response.headers['x-content-type-options']).toBe('nosniff');
    const { headers } = response;
    return [
      headers['content-disposition'],
      headers['content-type'],
      response.all('Content-Security-Policy'),
    ];
  }

  it.each([
    ['image/png', 'attachment', 'image/png'],
    ['text/html', 'attachment', 'application/octet-stream'],
    ['image/png', 'inline', 'image/png'],
    ['application/pdf', 'inline', 'application/pdf'],
    ['nonsense', 'inline', 'application/octet-stream'],
    ['a/b\r\nX-Evil: yes', 'inline', 'application/octet-stream'],
    ['', 'inline', 'application/octet-stream'],
  ])('%j is %s where it says so, and told as %s', async (filetype, show, type) => {
    expect(await shown({ filetype, show })).toEqual([`${show}; filename="a.x"`, type, []]);
  });

  it.each([
    ['text/html', 'text/html'],
    ['image/svg+xml', 'image/svg+xml'],
    ['application/xhtml+xml; charset=utf-8', 'application/xhtml+xml'],
    ['text/javascript', 'text/plain'],
    ['application/x-ecmascript', 'text/plain'],
  ])('%j may be seen where it says so, but runs nothing', async (filetype, type) => {
    expect(await shown({ filetype, show: 'inline' })).toEqual([
      'inline; filename="a.x"',
      type,
      [SANDBOX],
    ]);
  });

  it('are sandboxed beside what the app’s own policy says', async () => {
    const [, , policies] = await shown({ filetype: 'text/html', show: 'inline' }, '?framed');

    expect(policies).toEqual(["frame-ancestors 'self'", SANDBOX]);
  });

  it('are as always where it says nothing', async () => {
    expect(await shown({ filetype: 'image/png' })).toEqual([
      'inline; filename="a.x"',
      'image/png',
      [],
    ]);
    expect(await shown({ filetype: 'text/html' })).toEqual([
      'attachment; filename="a.x"',
      'application/octet-stream',
      [],
    ]);
  });

  it('may depend on the request', async () => {
    const [saved] = await shown({ filetype: 'image/png' }, '?save');

    expect(saved).toBe('attachment; filename="a.x"');
  });

  it('fail where it cannot tell, in its own words or as a fault that is logged once', async () => {
    const upload = await finish(app(), TEXT, { show: 'fail' });
    expect((await get(app(), upload)).status).toBe(403);
    expect(app().logs.errors()).toEqual([]);

    const wrong = await finish(app(), TEXT, { show: 'always' });
    expectRefused(await get(app(), wrong), 500);
    expect(app().logs.errors()).toEqual([
      expect.stringMatching(
        `Upload ${wrong.id} failed on GET: .*option "download.disposition" cannot be 'always'`,
      ),
    ]);
  });
});

describe.each(PLATFORMS)('Downloads that are not asked for on %s', (platform) => {
  const app = useApp({ platform });

  it('are not offered', async () => {
    const upload = await finish(app());

    const response = await get(app(), upload);

    expectRefused(response, 405);
    expect(response.headers.allow).toBe('OPTIONS, HEAD, PATCH, DELETE');
    expectHeadRefused(await app().request({ method: 'HEAD', path: upload.path }), 412);
  });
});

describe.each(PLATFORMS)('Downloads of expired uploads on %s', (platform) => {
  const app = useApp({
    platform,
    tus: { download: true, uploadValidDuration: '1ms', cleanup: { every: false } },
  });

  it('are told that the upload has expired', async () => {
    const upload = await create(app(), { length: 10 });
    await eventually(async () => expect((await app().tus.cleanup()).expired).toBe(1));

    expectRefused(await get(app(), upload), 410);
  });
});

/** Compresses whatever it is given, as `compression()` does, but does not heed `no-transform`. */
function gzipAll(req: IncomingMessage, res: ServerResponse, next: () => void): void {
  const [write, end] = [res.write.bind(res), res.end.bind(res)];
  let gzip: Gzip | undefined;
  onHeaders(res, () => {
    if (req.method === 'HEAD' || !/gzip/.test(req.headers['accept-encoding'] ?? '')) return;
    res.setHeader('Content-Encoding', 'gzip');
    res.removeHeader('Content-Length');
    gzip = createGzip().on('data', write).on('end', end);
  });
  const target = () => {
    if (!res.headersSent) res.writeHead(res.statusCode);
    return gzip ?? { write, end };
  };
  Object.assign(res, {
    write: (chunk: Buffer) => target().write(chunk),
    end: (chunk?: Buffer) => target().end(chunk),
  });
  next();
}

describe.each(
  PLATFORMS.flatMap(([platform]) => [
    [platform, 'compression()', compression({ threshold: 0 })] as const,
    [platform, 'what compresses everything', gzipAll] as const,
  ]),
)('Downloads on %s behind %s', (platform, _name, middleware) => {
  const app = useApp({
    platform,
    tus: { download: true },
    configure: (nest) => void nest.use(middleware),
    controllers: [TextController],
  });
  const plain = { filetype: 'text/plain' };
  const ask = (upload: CreatedUpload, headers: HeaderValues = {}) =>
    get(app(), upload, { 'Accept-Encoding': 'gzip, br', ...headers });

  it('would be compressed if they were an answer of the app', async () => {
    const answer = await app().request({ path: '/text', headers: { 'Accept-Encoding': 'gzip' } });

    expect(answer.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(answer.body).toString()).toBe(TEXT);
  });

  it('are the bytes of the file', async () => {
    const response = await ask(await finish(app(), TEXT, plain));

    expect([response.status, response.text]).toEqual([200, TEXT]);
    expect(response.headers).not.toHaveProperty('content-encoding');
    expect(response.headers['content-length']).toBe(String(TEXT.length));
  });

  it('go on where they stopped', async () => {
    const upload = await finish(app(), TEXT, plain);
    const { etag } = (await ask(upload)).headers;

    for (const headers of [{}, { 'If-Range': etag }]) {
      const rest = await ask(upload, { Range: 'bytes=40-', ...headers });

      expect([rest.status, rest.text]).toEqual([206, 'dog.']);
      expect(rest.headers).not.toHaveProperty('content-encoding');
      expect(rest.headers.etag).toBe(etag);
    }
  });

  it('are the ones that a client has', async () => {
    const upload = await finish(app(), TEXT, plain);
    const { etag } = (await ask(upload)).headers;

    expect((await ask(upload, { 'If-None-Match': etag })).status).toBe(304);
    expect((await ask(upload, { 'If-Match': etag })).text).toBe(TEXT);
  });
});

describe.each(PLATFORMS)('What caches may keep, on %s', (platform) => {
  const app = useApp({ platform, tus: { download: true } });
  const override = (method: string) => ({ ...TUS, 'X-HTTP-Method-Override': method });

  it('is no refusal', async () => {
    const unfinished = await create(app(), { length: 10 });
    const ended = await create(app(), { length: 10 });
    await terminate(app(), ended);
    const refusals = [
      await get(app(), unfinished),
      await get(app(), ended),
      await get(app(), { path: `/files/${'0'.repeat(32)}` }),
      await get(app(), { path: '/files' }),
      await app().request({ method: 'HEAD', path: unfinished.path }),
    ];

    expect(refusals.map(({ status }) => status)).toEqual([404, 410, 404, 405, 404]);
    for (const { headers } of refusals) expect(headers['cache-control']).toBe('no-store');
  });

  it('is no answer to a GET that means another method', async () => {
    const upload = await create(app(), { length: 10 });
    const asPatch = { ...override('PATCH'), 'Content-Type': OCTETS, 'Upload-Offset': '0' };
    const answers = [
      await get(app(), upload, override('HEAD')),
      await get(app(), upload, asPatch),
      await get(app(), upload, override('DELETE')),
      await get(app(), { path: '/files' }, override('OPTIONS')),
      await get(app(), { path: '/files' }, override('nonsense')),
    ];

    expect(answers.map(({ status }) => status)).toEqual([200, 204, 204, 204, 405]);
    for (const { headers } of answers) expect(headers['cache-control']).toBe('no-store');
  });
});

class KeyGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<IncomingMessage>();
    return headers['x-key'] === 'right';
  }
}

describe.each(PLATFORMS)('Downloads of an app with guards and owners on %s', (platform) => {
  const app = useApp({
    platform,
    tus: {
      download: true,
      decorators: [UseGuards(KeyGuard)],
      owner: (request) => (request as IncomingMessage).headers['x-user']?.toString(),
    },
  });
  const key = { 'X-Key': 'right' };

  it('are for whom the guards let pass', async () => {
    const upload = await finish(app(), TEXT, undefined, key);

    expect((await get(app(), upload)).status).toBe(403);
    expect((await app().request({ method: 'HEAD', path: upload.path })).status).toBe(403);
    expect((await get(app(), upload, key)).text).toBe(TEXT);
  });

  it('are for their owner only', async () => {
    const upload = await finish(app(), TEXT, undefined, { ...key, 'X-User': 'ann' });

    expectRefused(await get(app(), upload, { ...key, 'X-User': 'bob' }), 404);
    expectRefused(await get(app(), upload, key), 404);
    expect((await get(app(), upload, { ...key, 'X-User': 'ann' })).text).toBe(TEXT);
  });
});

describe.each(PLATFORMS)('Downloads of an app with enableCors() on %s', (platform) => {
  const origin = 'https://app.example';
  const app = useApp({
    platform,
    tus: { download: true },
    configure: (nest) => nest.enableCors({ origin, credentials: true }),
  });

  it.each([{}, { Range: 'bytes=0-3' }, { Range: 'bytes=99-' }])(
    'carry what it grants, asked with %j',
    async (headers) => {
      const upload = await finish(app());

      const response = await get(app(), upload, { Origin: origin, ...headers });

      expect(response.all('Access-Control-Allow-Origin')).toEqual([origin]);
      expect(response.all('Access-Control-Allow-Credentials')).toEqual(['true']);
      expect(response.headers['access-control-expose-headers']).toContain('Upload-Offset');
    },
  );
});

/** Where GETs wait until the test lets them go on. */
class Gate {
  readonly reached: Promise<unknown>;
  readonly opened: Promise<unknown>;
  readonly ended: Promise<unknown>;

  private readonly events = new EventEmitter();

  constructor() {
    this.reached = once(this.events, 'reached');
    this.opened = once(this.events, 'opened');
    this.ended = once(this.events, 'ended');
  }

  tell(event: 'reached' | 'opened' | 'ended'): void {
    this.events.emit(event);
  }
}

describe.each(PLATFORMS)('A download whose client leaves at once on %s', (platform) => {
  const gate = new Gate();
  const isGet = (request: object) => (request as IncomingMessage).method === 'GET';
  const interceptor: NestInterceptor = {
    intercept: (context: ExecutionContext, next: CallHandler) =>
      isGet(context.switchToHttp().getRequest<object>())
        ? next.handle().pipe(finalize(() => gate.tell('ended')))
        : next.handle(),
  };
  const owner = async (request: object) => {
    if (!isGet(request)) return undefined;
    gate.tell('reached');
    await gate.opened;
    return undefined;
  };
  const app = useApp({
    platform,
    tus: { download: true, owner },
    configure: (nest) => void nest.useGlobalInterceptors(interceptor),
  });

  it('is over for interceptors', async () => {
    const upload = await finish(app());
    const client = await app().connect();
    await client.write(`GET ${upload.path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    await gate.reached;

    client.destroy();
    await eventually(async () => expect(await connectionsOf(app())).toBe(0));
    gate.tell('opened');

    await gate.ended;
    expect(app().logs.errors()).toEqual([]);
  });
});

describe.each(PLATFORMS)('Downloads from a folder with an odd name on %s', (platform) => {
  it('are found in it', async () => {
    const folder = await makeTempFolder();
    const tmpFileDir = join(folder, '.hidden', 'a b', '#1?x=y&z', '100%', '%2e%2e', '日本', '..x');
    const app = await startApp({ platform, tus: { download: true }, tmpFileDir });
    const upload = await finish(app);

    expect((await get(app, upload)).text).toBe(TEXT);
    expect((await storedBytes(app, upload)).toString()).toBe(TEXT);

    await app.close();
    await removeTempFolder(folder);
  });
});

/** Sends a GET on a connection of its own; what comes is read by nobody yet. */
async function answerTo(app: TestApp, options: RequestOptions): Promise<IncomingMessage> {
  const outgoing = httpRequest({ host: app.host, port: app.port, agent: new Agent(), ...options });
  outgoing.end();
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
  return incoming;
}

/**
 * Reads a file, or leaves once so many bytes have come; -1: before any answer has.
 *
 * @returns bytes read
 */
function readOrLeave(app: TestApp, path: string, leaveAt: number | undefined): Promise<number> {
  return new Promise((resolve) => {
    let read = 0;
    const outgoing = httpRequest({ host: app.host, port: app.port, path, agent: new Agent() });
    outgoing.on('error', () => undefined);
    outgoing.on('close', () => resolve(read));
    outgoing.on('response', (incoming) => {
      if (leaveAt === 0) return outgoing.destroy();
      incoming.on('error', () => undefined);
      incoming.on('data', (chunk: Buffer) => {
        read += chunk.length;
        if (leaveAt !== undefined && read >= leaveAt) outgoing.destroy();
      });
    });
    outgoing.end(() => leaveAt === -1 && setImmediate(() => outgoing.destroy()));
  });
}
