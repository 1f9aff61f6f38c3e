import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { disconnect } from '../../../../lib/http/connection/connection.js';
import { inform } from '../../../../lib/http/connection/information.js';
import { RawConnection, rawHead } from '../../../support/index.js';

const WHERE = { Location: '/files/1' };

describe('inform()', () => {
  let server: Server | undefined;

  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
  });

  it('tells a client at once that is still sending', async () => {
    const { res, connection } = await receive('POST', ['Content-Length: 5']);

    expect(inform(res, WHERE)).toBe(true);

    expect(res.socket?.writableLength).toBe(0);
    expect((await connection.interim()).header('Location')).toBe('/files/1');
  });

  it('tells a client whose request is here whole along with its answer', async () => {
    const { res, connection } = await receiveWhole();

    inform(res, WHERE);
    const waiting = res.socket?.writableLength;
    res.end('done');

    expect(waiting).toBeGreaterThan(0);
    expect(res.socket?.writableLength ?? 0).toBe(0);
    const { status, interim } = await connection.response();
    expect([status, interim.map((head) => head.status)]).toEqual([200, [104]]);
  });

  it('tells it without its answer where that takes long', async () => {
    const { res, connection } = await receiveWhole();

    inform(res, WHERE);

    expect((await connection.interim()).header('Location')).toBe('/files/1');
    expect(res.headersSent).toBe(false);
  });

  it('tells it before its connection is closed', async () => {
    const { req, res, connection } = await receiveWhole();

    inform(res, WHERE);
    disconnect(req);

    expect((await connection.interim()).header('Location')).toBe('/files/1');
    await connection.closed;
  });

  it('sends no header that would be two', async () => {
    const { res } = await receiveWhole();

    expect(() => inform(res, { Location: '/a\r\nSet-Cookie: b' })).toThrow(TypeError);
  });

  /** A request that has come with all of its body. */
  async function receiveWhole(): Promise<Received> {
    const received = await receive('POST', ['Content-Length: 0']);
    received.req.resume();
    if (!received.req.readableEnded) await once(received.req, 'end');
    return received;
  }

  async function receive(method: string, lines: readonly string[]): Promise<Received> {
    let take: RequestListener = () => undefined;
    const taken = new Promise<[IncomingMessage, ServerResponse]>((resolve) => {
      take = (...both) => resolve(both);
    });
    server = createServer(take).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const connection = await RawConnection.open({ host: '127.0.0.1', port });
    await connection.write(rawHead(method, '/', lines));
    const [req, res] = await taken;
    return { req, res, connection };
  }
});

interface Received {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly connection: RawConnection;
}
