import { All, Controller, Injectable, Module, Req, Res, UseGuards } from '@nestjs/common';
import type {
  CanActivate,
  INestApplication,
  MiddlewareConsumer,
  NestMiddleware,
  NestModule,
} from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { TusService } from '../../lib/index.js';
import { create, OCTETS, patch, PLATFORMS, request, TUS, useApp } from '../support/index.js';
import type { HttpRequest, HttpResponse, PlatformName, TestApp } from '../support/index.js';
import { WITH_ENDPOINT } from './endpoint-controller.js';

const ORIGIN = 'https://app.example';
const PREFLIGHT = { Origin: ORIGIN, 'Access-Control-Request-Method': 'PATCH' };

/** A line as loggers write it once an answer is out. */
interface Line {
  readonly by: string;
  readonly method?: string;
  readonly url?: string;
  readonly status: number;
  readonly type?: string;
  readonly length?: string;
}

type Next = (error?: unknown) => void;
type Middleware = (req: IncomingMessage, res: ServerResponse, next: Next) => unknown;

/** What was logged, oldest first. */
const lines: Line[] = [];

function log(
  by: string,
  { method, url, headers }: IncomingMessage,
  { statusCode }: ServerResponse,
) {
  const { 'content-type': type, 'content-length': length } = headers;
  lines.push({ by, method, url, status: statusCode, type, length });
}

/** A logger in the manner of morgan: it sees the request now, and the answer when it is out. */
function logger(by: string): Middleware {
  return (req, res, next) => {
    const { originalUrl: url = req.url } = req as { originalUrl?: string; url?: string };
    res.on('finish', () => log(by, Object.assign(Object.create(req), { url }), res));
    next();
  };
}

/** A logger in the manner of those that put their own `end` in place of the response's. */
function wrappingLogger(by: string): Middleware {
  return (req, res, next) => {
    const end = res.end.bind(res) as (...args: unknown[]) => ServerResponse;
    res.end = (...args: unknown[]) => {
      const ended = end(...args);
      log(by, req, res);
      return ended;
    };
    next();
  };
}

/** A logger that is bound as Nest's middleware is. */
@Injectable()
class LoggerMiddleware implements NestMiddleware {
  use(req: IncomingMessage, res: ServerResponse, next: Next): void {
    logger('bound')(req, res, next);
  }
}

@Module({})
class LoggerModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(LoggerMiddleware).forRoutes('{*path}');
  }
}

interface Hooks {
  addHook(
    name: 'onRequest' | 'onResponse',
    hook: (
      request: { raw: IncomingMessage },
      reply: { raw: ServerResponse; code(status: number): { send(body: string): void } },
      done: () => void,
    ) => void,
  ): void;
}

/** Fastify's own way to log. */
function addHooks(nest: INestApplication): void {
  const seen = new WeakSet<IncomingMessage>();
  const fastify = nest.getHttpAdapter().getInstance() as Hooks;
  fastify.addHook('onRequest', (req, _reply, done) => {
    seen.add(req.raw);
    done();
  });
  fastify.addHook('onResponse', (req, reply, done) => {
    log(seen.has(req.raw) ? 'hooks' : 'the last hook', req.raw, reply.raw);
    done();
  });
}

/** Lets nobody in whose request says so, in one of the ways there are. */
const REFUSALS: Readonly<Record<string, Middleware>> = {
  ends: (_req, res) => {
    res.statusCode = 401;
    res.statusMessage = 'Who Are You';
    res.setHeader('WWW-Authenticate', 'Basic');
    res.setHeader('Content-Type', 'text/html');
    res.end('<h1>No</h1>');
  },
  'writes a head': (_req, res) => {
    res.writeHead(403, { 'Content-Type': 'text/plain', 'Content-Length': '2' });
    res.write('No');
    res.end();
  },
  'hands on an error': (_req, _res, next) => next(new Error('No')),
  'ends later': (_req, res) => void setImmediate(() => res.writeHead(401).end('No')),
};

const doorman: Middleware = (req, res, next) => {
  const refusal = REFUSALS[req.headers['x-refuse'] as string];
  return refusal ? refusal(req, res, next) : next();
};

@Injectable()
class NobodyGuard implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

@Controller('guarded')
@UseGuards(NobodyGuard)
class GuardedController {
  @All()
  nothing(): void {}
}

@Controller('own')
class OwnController {
  constructor(private readonly tus: TusService) {}

  @All(['', ':id'])
  async handle(@Req() req: IncomingMessage, @Res() res: ServerResponse): Promise<void> {
    await this.tus.handle(req, res);
  }
}

/** All that is logged of one request; of several by one logger, each. */
async function logged(app: TestApp, options: HttpRequest): Promise<[HttpResponse, Line[]]> {
  lines.length = 0;
  const response = await request(app, options);
  // What follows on an answer has happened once the next one is out.
  const known = [...lines];
  await request(app, { path: '/nowhere' });
  return [
    response,
    [...known, ...lines.slice(known.length)].filter(({ url }) => url !== '/nowhere'),
  ];
}

/**
 * @param names who logs it on both platforms
 * @param hooks who does on Fastify; only the last hook where middleware refuses, which goes first
 */
function expected(
  platform: PlatformName,
  names: readonly string[],
  line: Omit<Line, 'by'>,
  hooks = 'hooks',
) {
  const all = platform === 'fastify' ? [...names, hooks] : names;
  return expect.arrayContaining(all.map((by) => expect.objectContaining({ by, ...line })));
}

function corsOf({ headers }: HttpResponse): string[] {
  return Object.keys(headers).filter((name) => name.startsWith('access-control-'));
}

type Way = [name: string, tus: object, configure: (nest: INestApplication) => void];

const WAYS: Way[] = [
  ['no CORS', {}, () => undefined],
  ['the cors option', { cors: true }, () => undefined],
  ['enableCors()', {}, (nest) => nest.enableCors()],
  [
    'both',
    { cors: { origin: ORIGIN } },
    (nest) => nest.enableCors({ origin: 'https://other.example', methods: ['GET'] }),
  ],
];

describe.each(PLATFORMS)('OPTIONS in access logs on %s', (platform) => {
  describe.each(WAYS)('with %s', (way, tus, configure) => {
    const app = useApp({
      platform,
      tus,
      imports: [LoggerModule],
      ...WITH_ENDPOINT,
      configure: (nest) => {
        if (platform === 'fastify') addHooks(nest);
        nest.use(logger('first'));
        configure(nest);
        nest.use(wrappingLogger('last'));
        nest.use(doorman);
      },
    });
    const ALL = ['first', 'last', 'bound'];

    it.each(['/files', `/files/${'0'.repeat(32)}`, '/videos'])(
      'are what a client asks at %s, and the answer is none of CORS',
      async (path) => {
        const [response, seen] = await logged(app(), { method: 'OPTIONS', path });

        const line = { method: 'OPTIONS', url: path, status: 204 };
        expect(seen).toEqual(expected(platform, ALL, line));
        expect(seen).toHaveLength(platform === 'fastify' ? 4 : 3);
        expect(response.status).toBe(204);
        expect(response.reason).toBe('No Content');
        expect(response.body).toHaveLength(0);
        expect(response.headers).toMatchObject({
          'tus-resumable': '1.0.0',
          'tus-version': '1.0.0',
        });
        if (!('cors' in tus)) expect(corsOf(response)).toEqual([]);
      },
    );

    it.each(Object.keys(REFUSALS))('are answered before middleware that %s', async (how) => {
      const headers = { 'X-Refuse': how };
      const plain = await request(app(), { method: 'OPTIONS', path: '/files' });

      const [response, seen] = await logged(app(), { method: 'OPTIONS', path: '/files', headers });
      const refused = await request(app(), { method: 'POST', path: '/files', headers });

      const { date: _, ...told } = response.headers;
      const { date: __, ...plainly } = plain.headers;
      expect([response.status, response.reason, response.text]).toEqual([204, 'No Content', '']);
      expect(told).toEqual(plainly);
      const line = { method: 'OPTIONS', url: '/files', status: 204 };
      expect(seen).toEqual(expected(platform, ['first', 'last'], line, 'the last hook'));
      expect([401, 403, 500]).toContain(refused.status);
    });

    it('are preflights, which are granted what they were', async () => {
      const ask = { method: 'OPTIONS', path: '/files', headers: PREFLIGHT };

      const [response, seen] = await logged(app(), ask);

      const isOurs = 'cors' in tus;
      const line = { method: 'OPTIONS', url: '/files', status: 204 };
      if (isOurs || way === 'no CORS') expect(seen).toEqual(expected(platform, ALL, line));
      // On Fastify, Nest puts CORS before all middleware; it answers as for any other route.
      else if (platform === 'express') expect(seen).toEqual(expected(platform, ['first'], line));
      else expect(seen).toHaveLength(1);
      expect(response.status).toBe(204);
      const { 'access-control-allow-origin': origin, 'access-control-allow-methods': methods } =
        response.headers;
      if (way === 'no CORS') expect(corsOf(response)).toEqual([]);
      else expect(origin).toMatch(/^(\*|https:\/\/app\.example)$/);
      if (way !== 'no CORS') expect(methods).toContain('PATCH');
    });

    it('are not what a request with a wrong override is answered', async () => {
      const headers = { 'X-HTTP-Method-Override': 'BREW' };

      const [response, seen] = await logged(app(), { method: 'POST', path: '/files', headers });

      const line = { method: 'POST', url: '/files', status: response.status };
      expect(response.status).toBeGreaterThanOrEqual(400);
      expect(response.headers['tus-resumable']).toBe('1.0.0');
      expect(seen).toEqual(expected(platform, ALL, line));
    });
  });
});

describe.each(PLATFORMS)('bodies in access logs on %s', (platform) => {
  const app = useApp({
    platform,
    imports: [LoggerModule],
    controllers: [...WITH_ENDPOINT.controllers, GuardedController, OwnController],
    providers: WITH_ENDPOINT.providers,
    tus: { decorators: [] },
    configure: (nest) => {
      if (platform === 'fastify') addHooks(nest);
      nest.use(logger('first'));
      nest.use(doorman);
      if (platform === 'fastify') refuseInHook(nest);
    },
  });

  const BODY = { 'Content-Type': OCTETS, 'Content-Length': '5' };
  const SENT = { type: OCTETS, length: '5' };
  const PATCH = { ...TUS, ...BODY, 'Upload-Offset': '0' };
  const POST = { ...TUS, ...BODY, 'Upload-Length': '5' };

  it.each<[string, number, Partial<HttpRequest>]>([
    ['a creation', 201, { method: 'POST', path: '/files', headers: POST }],
    ['one at an endpoint', 201, { method: 'POST', path: '/videos', headers: POST }],
    ['one at a route of the app', 201, { method: 'POST', path: '/own', headers: POST }],
    ['an upload that is not there', 404, { path: '/files/none', headers: PATCH }],
    ['an upload that is not there, of the app', 404, { path: '/own/none', headers: PATCH }],
    ['a body of another type', 415, { headers: { ...PATCH, 'Content-Type': 'text/plain' } }],
    ['a method that means nothing', 405, { method: 'PUT', headers: PATCH }],
    ['a guard that refuses', 403, { path: '/guarded', headers: PATCH }],
    ['middleware that ends', 401, { headers: { ...PATCH, 'X-Refuse': 'ends' } }],
    ['middleware that hands on', 500, { headers: { ...PATCH, 'X-Refuse': 'hands on an error' } }],
    ['middleware that writes', 403, { headers: { ...PATCH, 'X-Refuse': 'writes a head' } }],
    ['no route at all', 404, { path: '/nothing', headers: PATCH }],
  ])('are told as they were sent, of %s', async (_, status, options) => {
    const { path } = await create(app(), { length: 5 });
    const ask = { method: 'PATCH', path, body: 'hello', ...options };

    const [response, seen] = await logged(app(), ask);

    expect(response.status).toBe(status);
    const line = { ...SENT, type: String(options.headers?.['Content-Type']), status };
    const hooks = options.headers?.['X-Refuse'] === undefined ? 'hooks' : 'the last hook';
    expect(seen).toEqual(expected(platform, ['first'], { ...line, method: ask.method }, hooks));
  });

  it('are told as they were sent of an upload that is whole', async () => {
    const upload = await create(app(), { length: 5 });

    lines.length = 0;
    expect((await patch(app(), upload, { body: 'hello' })).status).toBe(204);
    await request(app(), { path: '/nowhere' });

    expect(lines).toEqual(expected(platform, ['first', 'bound'], { status: 204, ...SENT }));
  });

  if (platform === 'fastify') {
    it('are told as they were sent where a hook refuses', async () => {
      const { path } = await create(app(), { length: 5 });
      const headers = { ...PATCH, 'X-Refuse': 'in a hook' };

      const [response, seen] = await logged(app(), {
        method: 'PATCH',
        path,
        body: 'hello',
        headers,
      });

      expect(response.status).toBe(401);
      const line = { status: 401, ...SENT };
      expect(seen).toEqual(expected(platform, ['first', 'bound'], line));
    });
  }
});

function refuseInHook(nest: INestApplication): void {
  const fastify = nest.getHttpAdapter().getInstance() as Hooks;
  fastify.addHook('onRequest', (req, reply, done) => {
    if (req.raw.headers['x-refuse'] === 'in a hook') reply.code(401).send('No');
    else done();
  });
}
