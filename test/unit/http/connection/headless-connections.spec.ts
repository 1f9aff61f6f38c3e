import { once } from 'node:events';
import { createServer as createSecureServer } from 'node:https';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { HeadlessConnections } from '../../../../lib/http/connection/headless-connections.js';
import { RawConnection, rawHead } from '../../../support/raw-http.js';

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
    HeadlessConnections.of(server);
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
    HeadlessConnections.of(server)?.endWithServer();
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

  it('leaves them alone as long as it takes new ones', async () => {
    const connection = await connect(HALF);
    HeadlessConnections.of(server)?.endWithServer();
    await new Promise((resolve) => setTimeout(resolve, 250));
    await connection.write(HEAD.slice(HALF.length));
    expect((await connection.response()).status).toBe(200);
  });
});

describe('A server that closes with something under way', () => {
  it('waits for a request, and for another protocol', async () => {
    let answer = (): void => undefined;
    let socket: Duplex | undefined;
    const server = createServer((_req, res) => void (answer = () => void res.end('late')));
    server.on('upgrade', (_req, upgraded) => {
      socket = upgraded.resume().once('end', () => upgraded.end());
      upgraded.write(
        'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n',
      );
    });
    const headless = HeadlessConnections.of(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const target = { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
    const asking = await RawConnection.open(target);
    await Promise.all([once(server, 'request'), asking.write(HEAD)]);
    const other = await RawConnection.open(target);
    const upgrade = rawHead('GET', '/', ['Upgrade: x', 'Connection: Upgrade']);
    await Promise.all([once(server, 'upgrade'), other.write(upgrade)]);

    headless?.endWithServer();
    server.close();
    await new Promise((resolve) => setTimeout(resolve, 250));
    answer();

    expect((await asking.response()).body.toString()).toBe('late');
    expect(socket?.destroyed).toBe(false);
    other.destroy();
    await Promise.all([once(server, 'close'), asking.closed]);
  });
});

describe('A server with TLS', () => {
  it('is left to itself', () => {
    const server = createSecureServer() as unknown as Server;
    expect(HeadlessConnections.of(server)).toBeUndefined();
  });
});
