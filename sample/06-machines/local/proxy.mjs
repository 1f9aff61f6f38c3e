import { once } from 'node:events';
import { Agent, createServer, request } from 'node:http';

/** Sends each request to another app than the one before: no two of an upload reach the same one. */
export class AlternatingProxy {
  #server = createServer((incoming, outgoing) => this.#forward(incoming, outgoing));
  #agent = new Agent({ keepAlive: true });
  #ports;
  #turn = 0;

  static async listen(port, ports) {
    const proxy = new AlternatingProxy();
    proxy.#ports = ports;
    proxy.#server.requestTimeout = 0;
    proxy.#server.listen(port);
    await once(proxy.#server, 'listening');
    return proxy;
  }

  async close() {
    this.#server.close();
    this.#server.closeAllConnections();
    this.#agent.destroy();
  }

  /** Bytes pass as they come, both ways. */
  #forward(incoming, outgoing) {
    const { method, url: path, headers } = incoming;
    const port = this.#ports[this.#turn++ % this.#ports.length];
    const forwarded = request({ port, method, path, headers, agent: this.#agent });
    forwarded.on('response', (answer) => {
      outgoing.writeHead(answer.statusCode, answer.headers);
      answer.pipe(outgoing);
    });
    forwarded.on('error', () => outgoing.destroy());
    outgoing.on('close', () => outgoing.writableFinished || forwarded.destroy());
    incoming.pipe(forwarded);
  }
}
