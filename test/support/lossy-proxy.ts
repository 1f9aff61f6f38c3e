import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import type { HttpTarget } from './http-client.js';

/** A proxy between client and server that loses one answer, as a bad connection does. */
export class LossyProxy implements HttpTarget {
  readonly host = '127.0.0.1';
  /** Resolves once the answer was lost. */
  readonly lost: Promise<void>;

  private readonly sockets = new Set<Socket>();
  private pattern?: RegExp;
  private lose = (): void => undefined;

  private constructor(
    private readonly server: Server,
    private readonly target: HttpTarget,
  ) {
    this.lost = new Promise((resolve) => (this.lose = resolve));
    server.on('connection', (client: Socket) => this.join(client));
  }

  static async start(target: HttpTarget): Promise<LossyProxy> {
    const server = createServer();
    const proxy = new LossyProxy(server, target);
    server.listen(0, proxy.host);
    await once(server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Drops the connection in place of handing on the next answer whose head matches; once. */
  loseAnswer(pattern: RegExp): void {
    this.pattern = pattern;
  }

  async close(): Promise<void> {
    this.sockets.forEach((socket) => socket.destroy());
    this.server.close();
    await once(this.server, 'close');
  }

  private join(client: Socket): void {
    const upstream = connect(this.target.port, this.target.host);
    for (const socket of [client, upstream]) {
      this.sockets.add(socket);
      // Either side may break off; the other one then ends too.
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.pipe(upstream);
    upstream.on('data', (data) => this.handOn(data, client));
  }

  private handOn(data: Buffer, client: Socket): void {
    if (!this.pattern?.test(data.toString('latin1'))) {
      client.write(data);
      return;
    }
    this.pattern = undefined;
    client.destroy();
    this.lose();
  }
}
