import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { connectTo, urlThrough } from './wire.js';

/** A way to a PostgreSQL server that may be shut, or fall silent: nothing passes, and nothing is said. */
export class SilentProxy {
  /** Connections that were ended at once. */
  refused = 0;
  private readonly sockets = new Set<Socket>();
  private state: 'open' | 'shut' | 'silent' = 'open';

  private constructor(
    private readonly server: Server,
    private readonly target: URL,
  ) {}

  /** @param url of the server, by a socket or by TCP */
  static async start(url: string): Promise<SilentProxy> {
    const server = createServer();
    const proxy = new SilentProxy(server, new URL(url));
    server.on('connection', (client) => proxy.forward(client));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get url(): string {
    return urlThrough(this.server, this.target);
  }

  /** Nothing passes any more, and no connection ends. */
  fallSilent(): void {
    this.state = 'silent';
    for (const socket of this.sockets) socket.unpipe().pause();
  }

  /** Ends all connections, and new ones at once. */
  shut(): void {
    this.state = 'shut';
    this.cut();
  }

  /** New connections pass again. */
  open(): void {
    this.state = 'open';
  }

  async stop(): Promise<void> {
    this.cut();
    this.server.close();
    await once(this.server, 'close');
  }

  private cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  private forward(client: Socket): void {
    const upstream = connectTo(this.target);
    for (const socket of [client, upstream]) {
      this.sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => this.sockets.delete(socket));
    }
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
    if (this.state === 'shut') {
      this.refused += 1;
      client.destroy();
    }
    if (this.state !== 'open') return;
    client.pipe(upstream);
    upstream.pipe(client);
  }
}
