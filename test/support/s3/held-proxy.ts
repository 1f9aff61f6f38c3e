import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** Which request. */
export type Held = (request: IncomingMessage) => boolean;

/** Stands in front of a store, and keeps requests back, as a process does that is frozen over them. */
export class HeldProxy {
  private held?: Held;
  private readonly kept: (() => Promise<void>)[] = [];
  private readonly server = createServer((req, res) => void this.take(req, res));
  private onKept: () => void = () => undefined;

  private constructor(private readonly target: URL) {}

  static async start(endpoint: string): Promise<HeldProxy> {
    const proxy = new HeldProxy(new URL(endpoint));
    proxy.server.listen(0, '127.0.0.1');
    await once(proxy.server, 'listening');
    return proxy;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /**
   * Keeps requests back from now on.
   *
   * @returns resolves when the first of them is here with all its bytes
   */
  hold(held: Held): Promise<void> {
    this.held = held;
    return new Promise((resolve) => (this.onKept = resolve));
  }

  /** Lets them go on to the store, and waits for its answers. */
  async release(): Promise<void> {
    this.held = undefined;
    await Promise.all(this.kept.splice(0).map((send) => send()));
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async take(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const isHeld = this.held?.(req) === true;
    const body = await buffer(req).catch(() => undefined);
    // Its client has broken off.
    if (!body) return;
    const send = () => this.forward(req, body, res);
    if (!isHeld) return send();
    this.kept.push(send);
    this.onKept();
  }

  private async forward(req: IncomingMessage, body: Buffer, res: ServerResponse): Promise<void> {
    const { hostname, port } = this.target;
    const { method, url: path, headers } = req;
    const forwarded = request({ hostname, port, method, path, headers });
    // Also after an answer.
    forwarded.on('error', () => undefined);
    forwarded.end(body);
    try {
      const [answer] = (await once(forwarded, 'response')) as [IncomingMessage];
      const content = await buffer(answer);
      res.writeHead(answer.statusCode ?? 502, answer.headers);
      res.end(content);
    } catch {
      // The store has closed the connection, or the client has.
      res.destroy();
    }
  }
}
