import httpProxy from '@fastify/http-proxy';
import { Controller, Post } from '@nestjs/common';
import type { INestApplication } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRequire } from 'node:module';
import { randomBytes } from 'node:crypto';
import {
  OCTETS,
  PLATFORMS,
  TUS,
  create,
  expectRefused,
  listFiles,
  offsetOf,
  patch,
  post,
  rawHead,
  storedBytes,
  useApp,
} from '../support/index.js';
import type { HeaderValues, PlatformName, RequestBody } from '../support/index.js';
import { Gate } from '../support/gate.js';

type Middleware = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

/** The parsers that come with Express, whose package has no types. */
const parsers = createRequire(import.meta.url)('express') as Record<
  'json' | 'raw' | 'text' | 'urlencoded',
  (options: object) => Middleware
>;

const onExpress = (app: INestApplication): NestExpressApplication => app as NestExpressApplication;
const onFastify = (app: INestApplication): NestFastifyApplication => app as NestFastifyApplication;

type Setup = [name: string, configure: (app: INestApplication) => void];

/** Parsers by the app's own middleware, which look at nothing but what they were told. */
const MIDDLEWARE: Setup[] = [
  ['express.json() by app.use()', (app) => void app.use(parsers.json({ limit: '10mb' }))],
  [
    'express.json() for everything by app.use()',
    (app) => void app.use(parsers.json({ type: () => true })),
  ],
  [
    'express.raw() for everything by app.use()',
    (app) => void app.use(parsers.raw({ type: () => true, limit: '10mb' })),
  ],
];

const SETUPS: Record<PlatformName, Setup[]> = {
  express: [
    ['nothing configured', () => undefined],
    ['a JSON parser', (app) => void onExpress(app).useBodyParser('json', { limit: '10mb' })],
    [
      'a urlencoded parser',
      (app) => void onExpress(app).useBodyParser('urlencoded', { extended: true }),
    ],
    ['a raw parser for */*', (app) => void onExpress(app).useBodyParser('raw', { type: '*/*' })],
    ['a text parser for */*', (app) => void onExpress(app).useBodyParser('text', { type: '*/*' })],
    ...MIDDLEWARE,
  ],
  fastify: [
    ['nothing configured', () => undefined],
    ['a JSON parser', (app) => void onFastify(app).useBodyParser('application/json')],
    ['a parser for *', (app) => void onFastify(app).useBodyParser('*')],
    ['a parser by pattern', (app) => void onFastify(app).useBodyParser(/^application\/.*/)],
    ...MIDDLEWARE,
  ],
};

const MEGABYTE = 1024 * 1024;

/** Bodies that parsers take, or stumble over. */
const BODIES: [name: string, type: string | undefined, body: RequestBody][] = [
  ['JSON', 'application/json', '{"a":1}'],
  ['invalid JSON', 'application/json', '{"a":'],
  ['3 MB of JSON', 'application/json', JSON.stringify('x'.repeat(3 * MEGABYTE))],
  ['a form', 'application/x-www-form-urlencoded', 'a=1&b=2'],
  ['text', 'text/plain', 'hello'],
  ['text of an unknown charset', 'text/plain; charset=x-unknown', 'hello'],
  ['a multipart form', 'multipart/form-data; boundary=x', '--x\r\n\r\nhello\r\n--x--\r\n'],
  ['a video', 'video/mp4', Buffer.alloc(1000, 1)],
  ['bytes of no type', undefined, 'hello'],
  ['chunks of no type', undefined, ['hello', 'world']],
];

const CONFIGURED = PLATFORMS.flatMap(([platform]) =>
  SETUPS[platform].map(([name, configure]): [PlatformName, string, Setup[1]] => [
    platform,
    name,
    configure,
  ]),
);

describe.each(CONFIGURED)('bodies on %s with %s', (platform, _name, configure) => {
  const app = useApp({ platform, configure });

  it.each(BODIES)('%s in a PATCH is 415, and changes nothing', async (_body, type, body) => {
    const upload = await create(app(), { length: 10 * MEGABYTE });

    const response = await patch(app(), upload, { body, headers: { 'Content-Type': type } });

    expectRefused(response, 415);
    expect(await offsetOf(app(), upload)).toBe(0);
  });

  it.each(BODIES.slice(0, 3))('%s in a POST is 415, and makes nothing', async (_, type, body) => {
    const before = await app().tus.list({ limit: 1000 });

    const response = await post(app(), {
      length: 10 * MEGABYTE,
      body,
      headers: { 'Content-Type': type },
    });

    expectRefused(response, 415);
    expect(await app().tus.list({ limit: 1000 })).toEqual(before);
  });

  it('the bytes of an upload arrive whole', async () => {
    const content = randomBytes(3 * MEGABYTE);
    const upload = await create(app(), { length: 2 * content.length, body: content });

    const response = await patch(app(), upload, { offset: content.length, body: [content] });

    expect(response.status).toBe(204);
    expect((await storedBytes(app(), upload)).equals(Buffer.concat([content, content]))).toBe(true);
  });

  it('bytes that look like JSON arrive as they are', async () => {
    const upload = await create(app(), { length: 5 });

    const response = await patch(app(), upload, { body: '{"a":' });

    expect(response.status).toBe(204);
    expect((await storedBytes(app(), upload)).toString()).toBe('{"a":');
  });

  it.each([
    ['an empty body', ''],
    ['no body', undefined],
  ])('a creation with a content type and %s is a creation', async (_body, body) => {
    const { response } = await create(app(), {
      length: 5,
      body,
      headers: { 'Content-Type': 'application/json' },
    });

    expect(response.status).toBe(201);
  });
});

/** A middleware that takes the body for itself, and keeps nothing of it in the request. */
function swallow(request: IncomingMessage, _response: ServerResponse, next: () => void): void {
  request.on('data', () => undefined);
  request.on('end', () => next());
}

describe.each(PLATFORMS)('middleware that reads bodies itself on %s', (platform) => {
  const app = useApp({ platform, configure: (nest) => void nest.use('/files', swallow) });

  it('fails an append loudly, and the upload stays as it was', async () => {
    const upload = await create(app(), { length: 10 });

    const response = await patch(app(), upload, { body: 'hello' });

    expectRefused(response, 500);
    expect(response.text).toContain('was read before it reached the upload module');
    expect(response.text).toContain('Exclude the upload path there.');
    expect(app().logs.errors().join()).toContain('was read before');
    expect(await offsetOf(app(), upload)).toBe(0);
  });

  it('fails a creation with bytes loudly, and nothing is made', async () => {
    const before = await app().tus.list();

    expectRefused(await post(app(), { length: 5, body: 'hello' }), 500);
    expect(await app().tus.list()).toEqual(before);
    expect((await listFiles(app().tmpFileDir)).filter((name) => !name.startsWith('.tus'))).toEqual(
      [],
    );
  });

  it('lets requests without a body pass', async () => {
    const upload = await create(app(), { length: 0 });

    expect((await app().finished.of(upload.id)).size).toBe(0);
  });
});

describe.each(PLATFORMS)('middleware that listens to bodies on %s', (platform) => {
  let gate: Gate;
  let counted: Counter;
  const app = useApp({
    platform,
    tus: { owner: () => gate.pass().then(() => undefined) },
    configure: (nest) => void nest.use('/files', (...args: Parameters<Middleware>) => count(args)),
  });

  const count = ([request, , next]: Parameters<Middleware>) => {
    request.on('data', (chunk: Buffer) => counted.add(chunk.length));
    next();
  };

  beforeEach(() => {
    gate = new Gate();
    counted = new Counter();
  });

  const lines = [
    'Tus-Resumable: 1.0.0',
    'Content-Type: application/offset+octet-stream',
    'Content-Length: 5',
  ];

  it('fails a creation loudly whose first bytes it took while the app was asked', async () => {
    const connection = await app().connect();

    await connection.write(rawHead('POST', '/files', [...lines, 'Upload-Length: 5']));
    await gate.reached;
    await connection.write('he');
    await counted.reaches(2);
    gate.open();

    expectRefused(await connection.response(), 500);
    expect((await app().tus.list({ state: 'finished' })).items).toEqual([]);
  });

  it('loses nothing where the bytes come once they are asked for', async () => {
    gate.open();
    const upload = await create(app(), { length: 5 });

    const response = await patch(app(), upload, {
      body: 'hello',
      headers: { Expect: '100-continue' },
    });

    expect(response.status).toBe(204);
    expect((await storedBytes(app(), upload)).toString()).toBe('hello');
    expect(counted.total).toBe(5);
  });
});

/** Bytes as they are seen. */
class Counter {
  total = 0;
  private readonly events = new EventEmitter();

  add(bytes: number): void {
    this.total += bytes;
    this.events.emit('more');
  }

  async reaches(bytes: number): Promise<void> {
    while (this.total < bytes) await once(this.events, 'more');
  }
}

/** Ways in which middleware keeps the chunks of a body. */
const KEEPERS: [name: string, keep: (request: IncomingMessage, kept: Buffer[]) => void][] = [
  ['listens', (request, kept) => void request.on('data', (chunk: Buffer) => kept.push(chunk))],
  [
    'has replaced emit()',
    (request, kept) => {
      const emit = request.emit.bind(request);
      request.emit = (event: string | symbol, ...args: unknown[]) => {
        if (event === 'data') kept.push(args[0] as Buffer);
        return emit(event, ...args);
      };
    },
  ],
  [
    'has replaced push()',
    (request, kept) => {
      const push = request.push.bind(request);
      request.push = (chunk: Buffer | null) => {
        if (chunk) kept.push(chunk);
        return push(chunk);
      };
    },
  ],
];

describe.each(PLATFORMS)('middleware that keeps bodies on %s', (platform) => {
  let keep: (request: IncomingMessage) => void;
  const keepAll: Middleware = (request, _response, next) => {
    keep(request);
    next();
  };
  const app = useApp({ platform, configure: (nest) => void nest.use('/files', keepAll) });

  it.each(KEEPERS)('and %s has them whole afterwards', async (_, keeper) => {
    const kept: Buffer[] = [];
    keep = (request) => keeper(request, kept);
    const content = randomBytes(MEGABYTE);
    const upload = await create(app(), { length: content.length });

    const response = await patch(app(), upload, {
      body: content,
      headers: { Expect: '100-continue' },
    });

    expect(response.status).toBe(204);
    expect((await storedBytes(app(), upload)).equals(content)).toBe(true);
    expect(Buffer.concat(kept).equals(content)).toBe(true);
  });
});

describe('a body that a test injects', () => {
  const app = useApp({ platform: 'fastify' });

  it('is the test’s own afterwards', async () => {
    const content = randomBytes(MEGABYTE);
    const payload = Buffer.from(content);
    const { path: url } = await create(app(), { length: content.length });

    const response = await onFastify(app().nest).inject({
      method: 'PATCH',
      url,
      headers: { ...TUS, 'upload-offset': '0', 'content-type': OCTETS },
      payload,
    });

    expect(response.statusCode).toBe(204);
    expect(payload.equals(content)).toBe(true);
  });
});

describe.each(PLATFORMS)('middleware that pauses bodies on %s', (platform) => {
  const pause: Middleware = (request, _response, next) => {
    request.pause();
    setImmediate(next);
  };
  const app = useApp({
    platform,
    tus: { idleTimeout: 2 },
    configure: (nest) => void nest.use('/files', pause),
  });

  it('lets them arrive whole', async () => {
    const content = randomBytes(3 * MEGABYTE);
    const upload = await create(app(), { length: content.length });

    const response = await patch(app(), upload, { body: content });

    expect(response.status).toBe(204);
    expect((await storedBytes(app(), upload)).equals(content)).toBe(true);
  });
});

describe.each(PLATFORMS)('the headers of a request on %s', (platform) => {
  const seen: HeaderValues[] = [];
  const app = useApp({
    platform,
    tus: {
      owner: (request) => {
        const { headers } = request as { headers: HeaderValues };
        seen.push({ ...headers });
        return undefined;
      },
    },
  });

  it('are those that were sent, for guards and whatever comes after', async () => {
    const upload = await create(app(), { length: 5 });
    seen.length = 0;

    await patch(app(), upload, { body: 'hell' });
    await patch(app(), upload, { offset: 4, body: ['o'] });

    expect(seen[0]).toMatchObject({
      'content-type': 'application/offset+octet-stream',
      'content-length': '4',
    });
    expect(seen[1]).toMatchObject({
      'content-type': 'application/offset+octet-stream',
      'transfer-encoding': 'chunked',
    });
  });
});

/** What is used of Fastify, or of a context that is encapsulated in it. */
interface FastifyContext {
  addContentTypeParser(type: string | RegExp, options: object, parser: Parser): void;
  post(path: string, handler: (request: { body: unknown }) => Promise<unknown>): void;
}

type Parser = (request: object, body: unknown, done: (error: null, body: unknown) => void) => void;

const BUFFERED = { parseAs: 'buffer' };

const takeAll: Parser = (_request, body, done) => done(null, body);

/** Tells what its parser gave it. */
async function echo({ body }: { body: unknown }): Promise<unknown> {
  if (Buffer.isBuffer(body)) return { buffered: body.toString() };
  const chunks: Buffer[] = [];
  for await (const chunk of body as AsyncIterable<Buffer>) chunks.push(chunk);
  return { streamed: Buffer.concat(chunks).toString() };
}

/** Adds contexts of their own, each with a parser and a route. */
function addContexts(app: INestApplication): void {
  const add = (path: string, type: string | RegExp, options: object) =>
    onFastify(app).register(((context: FastifyContext, _options: object, done: () => void) => {
      context.addContentTypeParser(type, options, takeAll);
      context.post(path, echo);
      done();
    }) as never);
  void add('/by-name', OCTETS, BUFFERED);
  void add('/by-star', '*', {});
  void add('/by-star-in-memory', '*', BUFFERED);
  void add('/by-pattern', /^application\/.*octet/, BUFFERED);
}

@Controller()
class OtherController {
  static calls = 0;

  @Post('unparsed')
  post(): void {
    OtherController.calls++;
  }
}

describe('bodies of the type of uploads for somebody else, on fastify', () => {
  const received: { method?: string; type?: string; length?: string; body: string }[] = [];
  const upstream = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { 'content-type': type, 'content-length': length } = request.headers;
      received.push({
        method: request.method,
        type,
        length,
        body: Buffer.concat(chunks).toString(),
      });
      response.writeHead(204).end();
    });
  });
  const app = useApp({
    platform: 'fastify',
    controllers: [OtherController],
    configure: async (nest) => {
      upstream.listen(0, '127.0.0.1');
      await once(upstream, 'listening');
      const { port } = upstream.address() as AddressInfo;
      const options = { upstream: `http://127.0.0.1:${port}`, prefix: '/proxied' };
      await onFastify(nest).register(httpProxy as never, options);
      addContexts(nest);
    },
  });
  const send = (method: string, path: string, headers: HeaderValues = TUS) =>
    app().request({ method, path, headers: { ...headers, 'Content-Type': OCTETS }, body: 'hello' });

  afterAll(() => void upstream.close());

  it('go through a proxy plugin', async () => {
    const statuses = [
      (await send('POST', '/proxied/files')).status,
      (await send('PATCH', '/proxied/files/1')).status,
    ];

    expect(statuses).toEqual([204, 204]);
    expect(received).toEqual([
      { method: 'POST', type: OCTETS, length: '5', body: 'hello' },
      { method: 'PATCH', type: OCTETS, length: '5', body: 'hello' },
    ]);
  });

  it.each([
    ['/by-name', { buffered: 'hello' }],
    ['/by-star', { streamed: 'hello' }],
    ['/by-star-in-memory', { buffered: 'hello' }],
    ['/by-pattern', { buffered: 'hello' }],
  ])('reach the parser of the context of %s', async (path, expected) => {
    const response = await send('POST', path);

    expect(response.status).toBe(200);
    expect(JSON.parse(response.text)).toEqual(expected);
  });

  it('are refused as ever where no parser takes them, unless their client speaks tus', async () => {
    const response = await send('POST', '/unparsed', {});

    expect(response.status).toBe(415);
    expect(OtherController.calls).toBe(0);
  });

  it('leave uploads as they are', async () => {
    const upload = await create(app(), { length: 5 });

    expect((await patch(app(), upload, { body: 'hello' })).status).toBe(204);
    expect((await storedBytes(app(), upload)).toString()).toBe('hello');
  });
});
