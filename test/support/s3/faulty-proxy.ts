import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a store does instead of what it is asked for. */
export type StoreFault =
  | { readonly kind: 'answers'; readonly status: number; readonly code: string }
  /** Closes the connection. */
  | { readonly kind: 'drops' }
  /** Takes the request, and says nothing. */
  | { readonly kind: 'is silent' };

/** Stands in front of a store, and lets it fail. */
export class FaultyProxy {
  /** What happens to the next requests. */
  fault?: StoreFault;
  /** For how many of them; for all unless set. */
  times = Infinity;
  /** Requests that were let fail. */
  failed = 0;
  private readonly server = createServer((req, res) => this.take(req, res));

  private constructor(private readonly target: URL) {}

  static async start(endpoint: string): Promise<FaultyProxy> {
    const proxy = new FaultyProxy(new URL(endpoint));
    await new Promise<void>((resolve) => proxy.server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  fail(fault: StoreFault | undefined, times = Infinity): void {
    this.fault = fault;
    this.times = times;
    this.failed = 0;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private take(req: IncomingMessage, res: ServerResponse): void {
    if (!this.fault || this.failed >= this.times) return this.forward(req, res);
    this.failed += 1;
    if (this.fault.kind === 'is silent') return;
    if (this.fault.kind === 'drops') return void req.socket.destroy();
    const { status, code } = this.fault;
    req.resume();
    res.writeHead(status, { 'content-type': 'application/xml' });
    res.end(`<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code></Error>`);
  }

  private forward(req: IncomingMessage, res: ServerResponse): void {
    const { hostname, port } = this.target;
    const { method, url: path, headers } = req;
    const forwarded = request({ hostname, port, method, path, headers }, (answer) => {
      res.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(res);
    });
    forwarded.on('error', () => res.destroy());
    req.pipe(forwarded);
  }
}
