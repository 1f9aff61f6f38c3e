import type { IncomingMessage, ServerResponse } from 'node:http';

/** What is asked of a server as a whole: `OPTIONS *` (RFC 9110 §9.3.7). */
export class WholeServer {
  private readonly limits = new Set<string>();

  /** Notes what is offered on some routes. */
  note({ 'Upload-Limit': limit }: Readonly<Record<string, string>>): void {
    if (limit !== undefined) this.limits.add(limit);
  }

  /**
   * Answers with the limits on uploads, where all routes of the IETF's protocol share them (draft §Upload
   * Limits).
   *
   * @returns whether it did
   */
  answer({ method, url }: IncomingMessage, res: ServerResponse): boolean {
    const [limit, ...others] = this.limits;
    if (method !== 'OPTIONS' || url !== '*' || limit === undefined || others.length > 0)
      return false;
    res.writeHead(204, { 'Upload-Limit': limit }).end();
    return true;
  }
}
