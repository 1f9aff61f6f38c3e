import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import type { KillableServer } from '../servers/killable-server.js';

/**
 * The way of clients to a server, which can be cut: they lose their connections then, and what they
 * have sent reaches the server all the same, as late as it reads it.
 */
export class CutOff {
  private readonly clients = new Set<Socket>();
  private readonly upstreams = new Set<Socket>();

  private constructor(
    private readonly listener: Server,
    private readonly target: KillableServer,
  ) {
    listener.on('connection', (client: Socket) => this.join(client));
  }

  static async open(target: KillableServer): Promise<CutOff> {
    const listener = createServer();
    const way = new CutOff(listener, target);
    listener.listen(0, target.host);
    await once(listener, 'listening');
    return way;
  }

  /** The server as clients reach it by this way. */
  get server(): KillableServer {
    const { port } = this.listener.address() as AddressInfo;
    return Object.create(this.target, { port: { value: port } }) as KillableServer;
  }

  cut(): void {
    this.listener.close();
    for (const client of this.clients) client.resetAndDestroy();
  }

  close(): void {
    this.cut();
    for (const upstream of this.upstreams) upstream.destroy();
  }

  private join(client: Socket): void {
    const upstream = connect(this.target.port, this.target.host);
    this.clients.add(client);
    this.upstreams.add(upstream);
    client.on('error', () => undefined);
    upstream.on('error', () => undefined);
    client.on('data', (data) => upstream.write(data));
    client.on('end', () => upstream.end());
    client.on('close', () => this.clients.delete(client));
    upstream.on('data', (data) => client.writable && client.write(data));
    upstream.on('close', () => {
      this.upstreams.delete(upstream);
      client.destroy();
    });
  }
}
