import type { ServerResponse } from 'node:http';
import type { Exchange } from '../request/exchange.js';
import { sendDownload, type Download } from './download.js';

/** The downloads of one instance that are running. */
export class Downloads {
  private readonly running = new Set<ServerResponse>();

  /** @param idleTimeout milliseconds a client may go without reading a byte */
  constructor(private readonly idleTimeout: number) {}

  /** Answers with a file; see {@link sendDownload}. */
  async send({ req, res, response }: Exchange, download: Download): Promise<Error | undefined> {
    this.running.add(res);
    res.setTimeout(this.idleTimeout, () => res.destroy());
    return sendDownload(req, response, download).finally(() => this.running.delete(res));
  }

  /** Ends them all; clients get the rest by a range request. */
  end(): void {
    for (const res of this.running) res.destroy();
  }
}
