import type { ServerResponse } from 'node:http';
import type { Exchange } from '../request/exchange.js';
import { sendBytes, type BytesDownload } from './send-bytes.js';
import { sendFile, type FileDownload } from './send-file.js';

/** The downloads of one instance that are running. */
export class Downloads {
  private readonly running = new Set<ServerResponse>();

  /** @param idleTimeout milliseconds a client may go without reading a byte */
  constructor(private readonly idleTimeout: number) {}

  /** Answers with a file, or with bytes that are none: see {@link sendFile} and {@link sendBytes}. */
  async send(
    { req, res, response }: Exchange,
    download: FileDownload | BytesDownload,
  ): Promise<Error | undefined> {
    this.running.add(res);
    res.setTimeout(this.idleTimeout, () => res.destroy());
    try {
      const isFile = 'path' in download;
      return await (isFile
        ? sendFile(req, response, download)
        : sendBytes(req, response, download));
    } finally {
      this.running.delete(res);
    }
  }

  /** Ends them all; clients get the rest by a range request. */
  end(): void {
    for (const res of this.running) res.destroy();
  }
}
