import { Controller, Post, Req, Res } from '@nestjs/common';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { once } from 'node:events';
import { createServer, IncomingMessage, ServerResponse, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { createRequire } from 'node:module';
import { connect, Socket, type AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { TusService } from '../../lib/index.js';
import type { PlatformRequest, PlatformResponse } from '../../lib/index.js';
import {
  connectSecurely,
  create,
  OCTETS,
  patch,
  PLATFORMS,
  rawHead,
  RawConnection,
  request,
  SECURE_SERVER,
  startApp,
  storedBytes,
  TUS,
  useApp,
} from '../support/index.js';
import type { CreatedUpload, HttpTarget, PlatformName, TestApp } from '../support/index.js';
import { Gate } from '../support/gate.js';

type Next = () => void;
type Middleware = (req: IncomingMessage, res: ServerResponse, next: Next) => void;
type Listener = (req: IncomingMessage, res: ServerResponse) => void;

interface Fastify {
  ready(): Promise<unknown>;
  routing: Listener;
}

const express = createRequire(import.meta.url)('express') as () => { use(first: Middleware): void };

/** An adapter in whose server something comes before Nest, and before this module. */
function adapterBehind(platform: PlatformName, first: Middleware): AbstractHttpAdapter {
  if (platform === 'express') {
    const instance = express();
    instance.use(first);
    return new ExpressAdapter(instance);
  }
  const serverFactory = (handler: Listener) =>
    createServer((req, res) => first(req, res, () => handler(req, res)));
  return new FastifyAdapter({ serverFactory });
}

/** What the app is to a server that calls it. */
async function listenerOf(app: TestApp): Promise<Listener> {
  const instance = app.nest.getHttpAdapter().getInstance() as Listener | Fastify;
  if (typeof instance === 'function') return instance;
  await instance.ready();
  return (req, res) => instance.routing(req, res);
}

async function listen(server: Server): Promise<HttpTarget> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
}

const EXPECT = { Expect: '100-continue' };

/** What other people's routes do with a body. */
const OTHERS: Record<string, Listener> = {
  '/reads': (req, res) => void buffer(req).then((body) => res.end(body)),
  '/answers-first': (req, res) => {
    res.writeHead(200);
    req.pipe(res);
  },
  '/reads-later': (req, res) => void setImmediate(() => req.pipe(res)),
};

describe.each(PLATFORMS)('Expect: 100-continue on %s', (platform) => {
  const others: Middleware = (req, res, next) => {
    const { pathname } = new URL(req.url ?? '/', 'http://localhost');
    const other = OTHERS[pathname];
    if (other) return other(req, res);
    // Nest, and with it this module, comes to know of such a request late.
    if (req.headers['x-late'] !== undefined) setImmediate(next);
    else next();
  };
  const app = useApp({ platform, adapter: adapterBehind(platform, others) });

  it.each(Object.keys(OTHERS))('is answered for a route ahead of Nest that %s', async (path) => {
    const response = await request(app(), { method: 'POST', path, headers: EXPECT, body: 'hello' });

    expect([response.status, response.text]).toEqual([200, 'hello']);
  });

  it.each(['POST', 'PUT', 'PATCH'])('is answered for a %s that finds no route', async (method) => {
    const options = { method, path: '/nowhere', headers: { ...EXPECT, ...TUS }, body: 'hello' };

    expect((await request(app(), options)).status).toBe(404);
  });

  it('is answered for an upload once it is judged', async () => {
    const upload = await create(app(), { length: 5 });

    expect((await patch(app(), upload, { body: 'hello', headers: EXPECT })).status).toBe(204);
  });

  it('asks for no body that is refused', async () => {
    const upload = await create(app(), { length: 5 });
    const connection = await app().connect();
    const lines = [...patchLines(5, 3), 'Expect: 100-continue'];

    await connection.write(rawHead('PATCH', upload.path, lines));
    const { status, interim } = await connection.response();

    expect([status, interim]).toEqual([409, []]);
  });

  it('is answered once for an upload that comes to Nest late', async () => {
    const upload = await create(app(), { length: 5 });
    const connection = await app().connect();
    const lines = [...patchLines(5), 'Expect: 100-continue', 'X-Late: yes'];

    await connection.write(rawHead('PATCH', upload.path, lines) + 'hello');
    const { status, interim } = await connection.response();

    expect([status, interim.map((head) => head.status)]).toEqual([204, [100]]);
  });
});

describe.each(PLATFORMS)('An app on %s that answers Expect itself', (platform) => {
  it.each([
    ['from the start', true],
    ['later', false],
  ])('keeps its way, %s', async (_, early) => {
    let calls = 0;
    const answer = (app: TestApp['nest']) => {
      const server = app.getHttpServer() as Server;
      server.on('checkContinue', (_req: IncomingMessage, res: ServerResponse) => {
        calls++;
        res.writeHead(417).end();
      });
    };
    const app = await startApp({ platform, ...(early && { configure: answer }) });
    if (!early) answer(app.nest);
    const upload = await create(app, { length: 5 });
    const response = await patch(app, upload, { body: 'hello', headers: EXPECT });
    await app.close();

    expect([response.status, calls]).toEqual([417, 1]);
  });
});

@Controller()
class OtherController {
  readonly gate = new Gate();

  constructor(private readonly tus: TusService) {}

  @Post('other')
  post(): void {}

  @Post('patient')
  wait(): Promise<void> {
    return this.gate.pass();
  }

  @Post('own')
  async upload(@Req() request: PlatformRequest, @Res() response: PlatformResponse): Promise<void> {
    await this.tus.handle(request, response);
  }
}

/** Milliseconds: what is sent by halves takes longer, and a machine may take as long as it likes. */
const SHORT = 100;

function patchLines(length: number, offset = 0): string[] {
  const tus = ['Tus-Resumable: 1.0.0', `Content-Type: ${OCTETS}`, `Upload-Offset: ${offset}`];
  return [...tus, `Content-Length: ${length}`];
}

/** Somebody else's request, whose body does not come whole. */
async function sendHalf(connection: RawConnection, path = '/other'): Promise<RawConnection> {
  const lines = ['Content-Type: application/json', 'Content-Length: 10'];
  await connection.write(rawHead('POST', path, lines) + '{"a":');
  return connection;
}

/** Begins an upload that takes longer than a request of others, which begins after it. */
async function outlast(
  upload: Pick<CreatedUpload, 'path'>,
  open: () => Promise<RawConnection>,
): Promise<{ upload: number; other: number }> {
  const connection = await open();
  await connection.write(rawHead('PATCH', upload.path, patchLines(10)) + 'hello');
  const other = await sendHalf(await open());
  const { status } = await other.response();
  await other.closed;
  await connection.write('world');
  return { upload: (await connection.response()).status, other: status };
}

describe.each(PLATFORMS)("A server's requestTimeout on %s", (platform) => {
  const limit = (app: TestApp['nest'], milliseconds: number) => {
    (app.getHttpServer() as Server).requestTimeout = milliseconds;
  };
  const app = useApp({
    platform,
    tus: { isGlobal: true },
    controllers: [OtherController],
    configure: (nest) => limit(nest, SHORT),
  });

  it('ends requests of others, and no upload', async () => {
    const upload = await create(app(), { length: 10 });

    const statuses = await outlast(upload, () => app().connect());

    expect(statuses).toEqual({ upload: 204, other: 408 });
    expect((await storedBytes(app(), upload)).toString()).toBe('helloworld');
  });

  it('ends no creation that brings its bytes, and none that is handed over', async () => {
    const lines = ['Tus-Resumable: 1.0.0', 'Upload-Length: 10', 'Content-Length: 10'];
    const begun = ['/files', '/own'].map(async (path) => {
      const connection = await app().connect();
      await connection.write(
        rawHead('POST', path, [...lines, `Content-Type: ${OCTETS}`]) + 'hello',
      );
      return connection;
    });
    const creations = await Promise.all(begun);
    const other = await sendHalf(await app().connect());
    await other.closed;

    for (const creation of creations) {
      await creation.write('world');
      expect((await creation.response()).status).toBe(201);
    }
  });

  it('ends a request on a path that no route is for', async () => {
    const connection = await sendHalf(await app().connect(), '/nowhere');

    // Its answer may have been faster than its body.
    expect([404, 408]).toContain((await connection.response()).status);
    await connection.closed;
  });

  it('does not end a request that has come, and is answered late', async () => {
    const headers = { 'Content-Type': 'application/json' };
    const patient = request(app(), { method: 'POST', path: '/patient', headers, body: '{}' });
    const { gate } = app().nest.get(OtherController);
    await gate.reached;
    const other = await sendHalf(await app().connect());
    await other.closed;
    gate.open();

    expect((await patient).status).toBe(201);
  });

  it('counts where it is set later', async () => {
    const late = await startApp({
      platform,
      controllers: [OtherController],
      tus: { isGlobal: true },
    });
    limit(late.nest, SHORT);
    const upload = await create(late, { length: 10 });
    const statuses = await outlast(upload, () => late.connect());
    await late.close();

    expect(statuses).toEqual({ upload: 204, other: 408 });
  });

  it('ends nothing where it is lifted later', async () => {
    const late = await startApp({
      platform,
      controllers: [OtherController],
      tus: { isGlobal: true },
      configure: (nest) => limit(nest, SHORT),
    });
    limit(late.nest, 0);
    const patient = await sendHalf(await late.connect());
    const other = await sendHalf(await app().connect());
    await other.closed;
    await patient.write(' 1}  ');
    const { status } = await patient.response();
    await late.close();

    expect(status).toBe(201);
  });

  it('bounds heads as before, for none is known to be an upload', () => {
    expect((app().nest.getHttpServer() as Server).headersTimeout).toBe(SHORT);
  });
});

describe('A server whose app answers broken requests itself', () => {
  it('asks it about one that comes too slowly', async () => {
    let calls = 0;
    const app = await startApp({
      platform: 'express',
      configure: (nest) => {
        const server = nest.getHttpServer() as Server;
        server.requestTimeout = SHORT;
        server.on('clientError', ({ code }: NodeJS.ErrnoException, socket) => {
          if (code === 'ERR_HTTP_REQUEST_TIMEOUT') calls++;
          socket.end('HTTP/1.1 408 Too slow\r\nConnection: close\r\n\r\n');
        });
      },
    });
    const connection = await sendHalf(await app.connect());
    const { reason } = await connection.response();
    connection.destroy();
    await app.close();

    expect([reason, calls]).toEqual(['Too slow', 1]);
  });
});

describe.each(PLATFORMS)('Servers that the adapter did not make on %s', (platform) => {
  const app = useApp({
    platform,
    listen: false,
    controllers: [OtherController],
    tus: { isGlobal: true },
  });
  const servers: Server[] = [];

  let listener: Listener;

  beforeAll(async () => {
    listener = await listenerOf(app());
  });
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.close();
      server.closeAllConnections();
    }
  });

  function serve(): Server {
    const server = createServer({ requestTimeout: SHORT }, listener);
    servers.push(server);
    return server;
  }

  function serveSecurely(): Server {
    const server = createSecureServer({ requestTimeout: SHORT, ...SECURE_SERVER }, listener);
    servers.push(server as unknown as Server);
    return servers.at(-1)!;
  }

  it.each([
    ['plain', serve, ({ host, port }: HttpTarget) => connect(port, host)],
    ['with TLS', serveSecurely, (target: HttpTarget) => connectSecurely(target)],
  ])('let uploads take their time, %s', async (_, start, open) => {
    const target = await listen(start());
    const connectTo = async () => RawConnection.over(open(target));
    const creation = await connectTo();
    await creation.write(rawHead('POST', '/files', ['Tus-Resumable: 1.0.0', 'Upload-Length: 10']));
    const path = (await creation.response()).header('Location')!;

    expect(await outlast({ path }, connectTo)).toEqual({ upload: 204, other: 408 });
  });

  it('let uploads outlast the looks that Node takes at its connections', async () => {
    // A machine may be slow to send a head, which Node looks at too.
    const limits = { requestTimeout: 1000, connectionsCheckingInterval: 10 };
    const server = createServer(limits, listener);
    servers.push(server);
    const target = await listen(server);
    const upload = await create(target, { length: 10 });

    const statuses = await outlast(upload, () => RawConnection.open(target));

    expect(statuses).toEqual({ upload: 204, other: 408 });
  });

  it('let an upload take its time that is the first to come', async () => {
    const target = await listen(serve());
    const connection = await RawConnection.open(target);
    const lines = ['Tus-Resumable: 1.0.0', 'Upload-Length: 10', 'Content-Length: 10'];
    await connection.write(
      rawHead('POST', '/files', [...lines, `Content-Type: ${OCTETS}`]) + 'hello',
    );
    await (
      await sendHalf(await RawConnection.open(target))
    ).closed;
    await connection.write('world');

    expect((await connection.response()).status).toBe(201);
  });

  it('end a slow request of others that is the first to come', async () => {
    const connection = await sendHalf(await RawConnection.open(await listen(serve())));

    expect((await connection.response()).status).toBe(408);
    await connection.closed;
  });

  it('ask for no body that is refused', async () => {
    const target = await listen(serve());
    await create(target, { length: 5 });
    const connection = await RawConnection.open(target);

    await connection.write(
      rawHead('POST', '/files', ['Content-Length: 5', 'Expect: 100-continue']),
    );
    const { status, interim } = await connection.response();

    expect([status, interim]).toEqual([412, []]);
  });
});

describe.each(PLATFORMS)('A server that the adapter did not make, closed on %s', (platform) => {
  it.each([
    ['after the app', (app: TestApp, server: Server) => app.close().then(() => server.close())],
    [
      'before it',
      (app: TestApp, server: Server) => Promise.resolve(server.close()).then(() => app.close()),
    ],
  ])('waits for no half a head, %s', async (_, end) => {
    const app = await startApp({ platform, listen: false });
    const server = createServer(await listenerOf(app));
    const target = await listen(server);
    const used = await RawConnection.open(target);
    await used.write(rawHead('OPTIONS', '/files'));
    await used.response();
    const waiting = await RawConnection.open(target);
    await Promise.all([used, waiting].map((each) => each.write('HEAD /fil')));
    // The server has accepted both before it hears that it is to close.
    await create(target, { length: 5 });

    const closed = once(server, 'close');
    await end(app, server);

    await Promise.all([closed, used.closed, waiting.closed]);
  });
});

describe.each(PLATFORMS)(
  'A request without a server, as serverless wrappers make it, on %s',
  (platform) => {
    const app = useApp({ platform, listen: false });

    it('is served', async () => {
      const listener = await listenerOf(app());
      const req = new IncomingMessage(new Socket());
      Object.assign(req, { method: 'OPTIONS', url: '/files', httpVersion: '1.1' });
      const res = new ServerResponse(req);
      res.assignSocket(new PassThrough() as unknown as Socket);

      listener(req, res);
      await once(res, 'finish');

      expect([res.statusCode, res.getHeader('Tus-Version')]).toEqual([204, '1.0.0']);
    });
  },
);
