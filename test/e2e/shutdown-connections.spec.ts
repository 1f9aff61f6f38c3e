import { Controller, Get, Injectable } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { once } from 'node:events';
import { connect } from 'node:net';
import {
  connectSecurely,
  eventually,
  Http2Client,
  OCTETS,
  rawHead,
  RawConnection,
  SECURE_SERVER,
  startApp,
  storedBytes,
} from '../support/index.js';
import type { PlatformName, StartAppOptions, TestApp } from '../support/index.js';
import { Gate } from '../support/gate.js';

/** More than the buffers between a server and a client that does not read take. */
const BIG = 20 * 1024 * 1024;

/** Long enough for a flush on a busy machine, short against the time that Node gives connections. */
const PROMPTLY = 10_000;

/** A server, and how clients speak to it. */
interface Kind {
  readonly name: string;
  readonly platform: PlatformName;
  readonly protocol: 'http' | 'h2';
  readonly isSecure: boolean;
  readonly server: () => Partial<StartAppOptions>;
}

const fastify = (options: object) => () => ({ adapter: new FastifyAdapter(options) });

const https = SECURE_SERVER;
const withBoth = { ...https, allowHTTP1: true };

const KINDS: readonly Kind[] = [
  ...(['express', 'fastify'] as const).map((platform) => ({
    name: `${platform}, plain`,
    platform,
    protocol: 'http' as const,
    isSecure: false,
    server: () => ({}),
  })),
  {
    name: 'express with TLS',
    platform: 'express',
    protocol: 'http',
    isSecure: true,
    server: () => ({ httpsOptions: https as object }),
  },
  {
    name: 'fastify with TLS',
    platform: 'fastify',
    protocol: 'http',
    isSecure: true,
    server: fastify({ https }),
  },
  {
    name: 'fastify with plain HTTP/2',
    platform: 'fastify',
    protocol: 'h2',
    isSecure: false,
    server: fastify({ http2: true }),
  },
  {
    name: 'fastify with HTTP/2 over TLS',
    platform: 'fastify',
    protocol: 'h2',
    isSecure: true,
    server: fastify({ http2: true, https }),
  },
  {
    name: 'fastify with HTTP/2 and HTTP/1.1 over TLS, by HTTP/2',
    platform: 'fastify',
    protocol: 'h2',
    isSecure: true,
    server: fastify({ http2: true, https: withBoth }),
  },
  {
    name: 'fastify with HTTP/2 and HTTP/1.1 over TLS, by HTTP/1.1',
    platform: 'fastify',
    protocol: 'http',
    isSecure: true,
    server: fastify({ http2: true, https: withBoth }),
  },
];

/** Where the app's own slow route waits. */
@Injectable()
class Slow {
  readonly gate = new Gate();
}

@Controller()
class SlowController {
  constructor(private readonly slow: Slow) {}

  @Get('slow')
  async get(): Promise<string> {
    await this.slow.gate.pass();
    return 'late';
  }
}

describe.each(KINDS)('app.close() of $name', ({ platform, protocol, isSecure, server }) => {
  let app: TestApp;
  const drops: (() => void)[] = [];

  beforeEach(async () => {
    app = await startApp({
      platform,
      ...server(),
      tus: { download: true },
      controllers: [SlowController],
      providers: [Slow],
    });
  });

  afterEach(async () => {
    drops.splice(0).forEach((drop) => drop());
    await app.close();
  });

  /** A connection as the system makes it, without a handshake of TLS. */
  async function connectBarely(): Promise<RawConnection> {
    const accepted = once(app.nest.getHttpServer(), 'connection');
    const connection = RawConnection.over(connect(app.port, app.host));
    drops.push(() => connection.destroy());
    await accepted;
    return connection;
  }

  async function connectTo(): Promise<RawConnection> {
    if (!isSecure) return connectBarely();
    const accepted = once(app.nest.getHttpServer(), 'secureConnection');
    const socket = connectSecurely(app, protocol === 'h2' ? ['h2'] : []);
    drops.push(() => socket.destroy());
    await accepted;
    return RawConnection.over(socket);
  }

  function client(settings = {}): Http2Client {
    const begun = new Http2Client(
      app,
      isSecure ? connectSecurely(app, ['h2']) : undefined,
      settings,
    );
    drops.push(() => begun.destroy());
    return begun;
  }

  const close = (...closed: Promise<unknown>[]) => Promise.all([app.nest.close(), ...closed]);

  const offsetOf = (path: string, offset: number) =>
    eventually(async () =>
      expect((await app.tus.find(path.split('/').at(-1)!))?.offset).toBe(offset),
    );

  it(
    'does not wait for a connection without a byte',
    async () => {
      const connection = await connectBarely();
      await close(connection.closed);
    },
    PROMPTLY,
  );

  it(
    'does not wait for a connection that has begun to say something',
    async () => {
      const connection = await connectBarely();
      // The first bytes of a handshake, of the preface of HTTP/2, or of a request.
      await connection.write(isSecure ? Buffer.from([22, 3, 1, 2, 0, 1, 0]) : 'PRI * HT');
      await close(connection.closed);
    },
    PROMPTLY,
  );

  it(
    'does not wait for a connection on which nothing was asked',
    async () => {
      const connection = await connectTo();
      await close(connection.closed);
    },
    PROMPTLY,
  );

  const overHttp1 = () => {
    it(
      'does not wait for half a head, nor for one after a request',
      async () => {
        const [first, second] = [await connectTo(), await connectTo()];
        await second.write(rawHead('OPTIONS', '/files'));
        await second.response();
        await Promise.all([first, second].map((each) => each.write('GET /fil')));
        await close(first.closed, second.closed);
      },
      PROMPTLY,
    );

    it(
      'ends a PATCH that has stalled, and keeps its bytes',
      async () => {
        const path = `/files/${(await app.tus.create({ length: 10 })).id}`;
        const connection = await connectTo();
        const lines = ['Tus-Resumable: 1.0.0', `Content-Type: ${OCTETS}`, 'Upload-Offset: 0'];
        await connection.write(rawHead('PATCH', path, [...lines, 'Content-Length: 10']) + 'hello');
        await offsetOf(path, 5);

        const [, answer] = await close(connection.responseOrClose(), connection.closed);

        expect((answer as { status?: number } | undefined)?.status ?? 503).toBe(503);
        const stored = await storedBytes(app, { id: path.split('/').at(-1)! });
        expect(stored.toString()).toBe('hello');
      },
      PROMPTLY,
    );

    it('waits for a request to a route of the app, and ends no other connection of it', async () => {
      const connection = await connectTo();
      await connection.write(rawHead('GET', '/slow'));
      const { gate } = app.nest.get(Slow);
      await gate.reached;
      const idle = await connectTo();

      const order: string[] = [];
      const closing = close().then(() => order.push('closed'));
      await idle.closed;
      order.push('answered');
      gate.open();

      expect((await connection.response()).body.toString()).toBe('late');
      await closing;
      expect(order).toEqual(['answered', 'closed']);
    });
  };

  const overHttp2 = () => {
    it(
      'does not wait for sessions that are idle, used before or not',
      async () => {
        const [used, unused] = [client(), client()];
        await used.ask('OPTIONS', '/files');
        await unused.connected();
        await close(used.closed, unused.closed);
      },
      PROMPTLY,
    );

    it(
      'ends a PATCH that has stalled, and keeps its bytes',
      async () => {
        const session = client();
        const created = await session.ask('POST', '/files', { 'upload-length': '10' });
        const path = created.headers.location!;
        const { answer } = session.begin('PATCH', path, { 'upload-offset': '0' }, 'hello');
        await offsetOf(path, 5);

        const [, told] = await close(answer, session.closed);

        const { headers } = (told as Awaited<typeof answer>) ?? {};
        expect(headers?.[':status'] ?? 503).toBe(503);
        const stored = await storedBytes(app, { id: path.split('/').at(-1)! });
        expect(stored.toString()).toBe('hello');
      },
      PROMPTLY,
    );

    it(
      'ends a PATCH whose client does not take the answer',
      async () => {
        const path = `/files/${(await app.tus.create({ length: 10 })).id}`;
        const session = client({ initialWindowSize: 0 });
        session.begin('PATCH', path, { 'upload-offset': '0' }, 'hello');
        await offsetOf(path, 5);

        await close(session.closed);
      },
      PROMPTLY,
    );

    it(
      'ends a download whose client does not read',
      async () => {
        const created = await client().ask(
          'POST',
          '/files',
          { 'upload-length': String(BIG) },
          'x'.repeat(BIG),
        );
        const session = client({ initialWindowSize: 100 });
        const { stream } = session.begin('GET', created.headers.location!);
        stream.pause();
        await once(stream, 'response');

        // A client that does not read sees no end either.
        await close();
      },
      PROMPTLY,
    );

    it('waits for a request to a route of the app, and lets no other follow it', async () => {
      const session = client();
      const { answer } = session.begin('GET', '/slow');
      const { gate } = app.nest.get(Slow);
      await gate.reached;

      const order: string[] = [];
      const closing = close().then(() => order.push('closed'));
      await session.toldToGo();
      order.push('answered');
      gate.open();

      expect((await answer)?.text).toBe('late');
      await closing;
      expect(order).toEqual(['answered', 'closed']);
    });
  };

  if (protocol === 'http') overHttp1();
  else overHttp2();
});
