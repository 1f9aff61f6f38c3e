import { once } from 'node:events';
import { createServer, IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import {
  connectSecurely,
  create,
  head,
  rawHead,
  RawConnection,
  request,
  SECURE_SERVER,
  startApp,
  useApp,
} from '../support/index.js';

type Listener = (req: IncomingMessage, res: ServerResponse) => void;
type Prototypes = [request: unknown, response: unknown];

interface Express extends Listener {
  readonly request: object;
  readonly response: object;
}

const UPGRADE = rawHead('GET', '/files', ['Connection: Upgrade', 'Upgrade: echo']);

/** What requests and responses are before Express has seen them. */
function watchBirths(server: Server): Prototypes[] {
  const seen: Prototypes[] = [];
  server.prependListener('request', (req: IncomingMessage, res: ServerResponse) => {
    seen.push([Object.getPrototypeOf(req), Object.getPrototypeOf(res)]);
  });
  return seen;
}

async function listen(server: Server): Promise<{ host: string; port: number }> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
}

describe('Requests to an app on Express', () => {
  const app = useApp({ platform: 'express' });
  const serverOf = () => app().nest.getHttpServer() as Server;
  const expressOf = () => app().nest.getHttpAdapter().getInstance() as Express;
  const servers: Server[] = [];

  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.close();
      server.closeAllConnections();
    }
  });

  function serve(server: Server): Promise<{ host: string; port: number }> {
    servers.push(server);
    return listen(server);
  }

  it('have the prototypes from the start that Express gives them', async () => {
    const upload = await create(app(), { length: 5 });
    const births = watchBirths(serverOf());

    expect((await head(app(), upload)).status).toBe(200);
    expect(births[0]?.[0]).toBe(expressOf().request);
    expect(births[0]?.[1]).toBe(expressOf().response);
  });

  it('have them on a server that the adapter did not make, from the second one on', async () => {
    const server = createServer(expressOf());
    const births = watchBirths(server);
    const target = await serve(server);
    for (let sent = 0; sent < 2; sent++)
      await request(target, { method: 'OPTIONS', path: '/files' });

    expect(births[0]?.[0]).toBe(IncomingMessage.prototype);
    expect(births[1]?.[0]).toBe(expressOf().request);
    expect(births[1]?.[1]).toBe(expressOf().response);
  });

  it('are left alone on a server that hands them on itself', async () => {
    const server = createServer((req, res) => expressOf()(req, res));
    const births = watchBirths(server);
    const target = await serve(server);
    for (let sent = 0; sent < 2; sent++)
      await request(target, { method: 'OPTIONS', path: '/files' });

    expect(births.map(([req]) => req === IncomingMessage.prototype)).toEqual([true, true]);
  });

  it('are left alone on a server that has a class for them', async () => {
    class Own extends IncomingMessage {}
    const server = createServer({ IncomingMessage: Own }, expressOf());
    const births = watchBirths(server);
    const target = await serve(server);
    for (let sent = 0; sent < 2; sent++)
      await request(target, { method: 'OPTIONS', path: '/files' });

    expect(births.map(([req]) => req === Own.prototype)).toEqual([true, true]);
    expect(births[1]?.[1]).toBe(expressOf().response);
  });

  it('are ordinary ones where nobody takes over connections', async () => {
    const connection = await app().connect();
    await connection.write(rawHead('OPTIONS', '/files', ['Connection: Upgrade', 'Upgrade: echo']));

    expect((await connection.response()).status).toBe(204);
  });

  it('are as Node has them for what takes over a connection', async () => {
    const upgrades: unknown[] = [];
    const takeOver = (req: IncomingMessage & { query?: unknown }, socket: Socket) => {
      // Express's prototype lets nobody set it.
      req.query = { a: 1 };
      upgrades.push(Object.getPrototypeOf(req), req.query);
      socket.end(
        'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n',
      );
    };
    serverOf().on('upgrade', takeOver);
    const connection = await app().connect();
    await connection.write(UPGRADE);
    await connection.closed;
    serverOf().off('upgrade', takeOver);

    expect(upgrades[0]).toBe(IncomingMessage.prototype);
    expect(upgrades[1]).toEqual({ a: 1 });
  });

  it('are ordinary ones again once nobody takes over connections any more', async () => {
    const takeOver = (): void => undefined;
    for (let added = 0; added < 2; added++) serverOf().on('upgrade', takeOver);
    for (let removed = 0; removed < 2; removed++) serverOf().off('upgrade', takeOver);
    const connection = await app().connect();
    await connection.write(rawHead('OPTIONS', '/files', ['Connection: Upgrade', 'Upgrade: echo']));

    expect((await connection.response()).status).toBe(204);
    expect(serverOf().listenerCount('upgrade')).toBe(0);
  });
});

describe('An app on Express that takes over connections before it starts', () => {
  it('finds their requests as Node has them', async () => {
    const upgrades: unknown[] = [];
    const app = await startApp({
      platform: 'express',
      configure: (nest) => {
        (nest.getHttpServer() as Server).on('upgrade', (req: IncomingMessage, socket: Socket) => {
          upgrades.push(Object.getPrototypeOf(req));
          socket.destroy();
        });
      },
    });
    const connection = await app.connect();
    await connection.write(UPGRADE);
    await connection.closed;
    await app.close();

    expect(upgrades[0]).toBe(IncomingMessage.prototype);
  });
});

describe('An app on Express with TLS', () => {
  it('has requests that are born for it too', async () => {
    const app = await startApp({ platform: 'express', httpsOptions: SECURE_SERVER });
    const births = watchBirths(app.nest.getHttpServer() as Server);
    const connection = RawConnection.over(connectSecurely(app));
    await connection.write(rawHead('OPTIONS', '/files'));
    const { status: answered } = await connection.response();
    connection.destroy();
    const { request: prototype } = app.nest.getHttpAdapter().getInstance() as Express;
    await app.close();

    expect(answered).toBe(204);
    expect(births[0]?.[0]).toBe(prototype);
  });
});
