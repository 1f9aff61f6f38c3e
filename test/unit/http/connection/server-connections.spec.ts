import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import {
  connect as connectHttp2,
  createServer as createHttp2Server,
  type ServerHttp2Stream,
} from 'node:http2';
import { createServer as createSecureServer } from 'node:https';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { ServerConnections } from '../../../../lib/http/connection/server-connections.js';
import type { HttpTarget } from '../../../support/http-client.js';
import { RawConnection, rawHead } from '../../../support/raw-http.js';
import { connectSecurely, SECURE_SERVER } from '../../../support/secure.js';
import { makeTempFolder, removeTempFolder } from '../../../support/temp-folder.js';

const HEAD = rawHead('GET', '/');
const HALF = HEAD.slice(0, 9);

describe('A server that closes', () => {
  let server: Server;
  let closed: Promise<unknown>;
  let target: { host: string; port: number };
  const connections: RawConnection[] = [];

  beforeEach(async () => {
    server = createServer((_req, res) => void res.end('hello'));
    closed = once(server, 'close');
    ServerConnections.of(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    target = { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
  });
  afterEach(async () => {
    connections.splice(0).forEach((connection) => connection.destroy());
    server.close();
    await closed;
  });

  async function connect(...texts: string[]): Promise<RawConnection> {
    const accepted = once(server, 'connection');
    const connection = await RawConnection.open(target);
    connections.push(connection);
    await accepted;
    for (const text of texts) await connection.write(text);
    return connection;
  }

  function close(): void {
    ServerConnections.of(server).endWithServer(Infinity);
    server.close();
  }

  it('does not wait for a connection without a byte', async () => {
    const connection = await connect();
    close();
    await Promise.all([closed, connection.closed]);
  });

  it('does not wait for half a head', async () => {
    const connection = await connect(HALF);
    close();
    await Promise.all([closed, connection.closed]);
  });

  it('does not wait for half a head after a request', async () => {
    const connection = await connect(HEAD);
    await connection.response();
    await connection.write(HALF);
    close();
    await Promise.all([closed, connection.closed]);
  });

  it('leaves connections alone as long as it takes new ones', async () => {
    const connection = await connect(HALF);
    ServerConnections.of(server).endWithServer(Infinity);
    await new Promise((resolve) => setTimeout(resolve, 250));
    await connection.write(HEAD.slice(HALF.length));
    expect((await connection.response()).status).toBe(200);
  });
});

type Listener = (req: IncomingMessage, res: ServerResponse) => void;

const SERVERS: [string, (listener: Listener) => Server, (target: HttpTarget) => Socket][] = [
  ['plain', (listener) => createServer(listener), ({ port, host }) => connect(port, host)],
  [
    'with TLS',
    (listener) => createSecureServer(SECURE_SERVER, listener) as unknown as Server,
    (target) => connectSecurely(target),
  ],
];

describe.each(SERVERS)('A server that closes with something under way, %s', (_, serve, open) => {
  it('waits for a request, and for another protocol', async () => {
    let answer = (): void => undefined;
    let socket: Duplex | undefined;
    const server = serve((_req, res) => void (answer = () => void res.end('late')));
    server.on('upgrade', (_req, upgraded) => {
      socket = upgraded.resume().once('end', () => upgraded.end());
      upgraded.write(
        'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n',
      );
    });
    const connections = ServerConnections.of(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const target = { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
    const asking = RawConnection.over(open(target));
    await Promise.all([once(server, 'request'), asking.write(HEAD)]);
    const other = RawConnection.over(open(target));
    const upgrade = rawHead('GET', '/', ['Upgrade: x', 'Connection: Upgrade']);
    await Promise.all([once(server, 'upgrade'), other.write(upgrade)]);
    const idle = RawConnection.over(open(target));
    await once(server, 'connection');

    connections.endWithServer(0);
    server.close();
    await idle.closed;
    answer();

    expect((await asking.response()).body.toString()).toBe('late');
    expect(socket?.destroyed).toBe(false);
    other.destroy();
    await Promise.all([once(server, 'close'), asking.closed]);
  });
});

describe('A server of HTTP/2 on a Unix socket', () => {
  it('waits for what runs, and for nothing else', async () => {
    const folder = await makeTempFolder();
    const path = join(folder, 'socket');
    const server = createHttp2Server();
    ServerConnections.of(server as unknown as Server).endWithServer(0);
    server.listen(path);
    await once(server, 'listening');
    const connectTo = () =>
      connectHttp2('http://localhost', { createConnection: () => connect(path) });
    const [busy, idle] = [connectTo(), connectTo()];
    const begun = once(server, 'stream') as Promise<[ServerHttp2Stream]>;
    const request = busy.request({ ':path': '/' });
    const [[stream]] = await Promise.all([begun, once(idle, 'remoteSettings')]);

    const closed = once(server, 'close');
    server.close();
    await once(idle, 'close');
    stream.respond({ ':status': 200 });
    stream.end('late');

    expect(await text(request)).toBe('late');
    await closed;
    await removeTempFolder(folder);
  });
});
