import type { ServerResponse } from 'node:http';
import { performance } from 'node:perf_hooks';
import type { IetfDialect } from '../../protocol/index.js';
import { inform } from '../connection/information.js';

/** Milliseconds between two words of progress. */
const PAUSE = 1000;

/** What a client is told ahead of the answer, where it may be (draft §104 Upload Resumption Supported). */
export class Announcement {
  private toldAt = performance.now();

  constructor(
    private readonly res: ServerResponse,
    private readonly dialect: IetfDialect,
  ) {}

  /**
   * Tells where the upload is.
   *
   * @returns whether its client was told
   */
  begin(location: string, limits: string | undefined): boolean {
    if (!this.dialect.mayInform) return false;
    const Location = location;
    return this.send(limits === undefined ? { Location } : { Location, 'Upload-Limit': limits });
  }

  /** Tells how many bytes of it there are, once a second at most; never where it is. */
  readonly advance = (offset: number): void => {
    if (!this.dialect.mayInform || performance.now() - this.toldAt < PAUSE) return;
    this.send({ 'Upload-Offset': String(offset) });
  };

  private send(headers: Record<string, string>): boolean {
    this.toldAt = performance.now();
    headers['Upload-Draft-Interop-Version'] = String(this.dialect.version);
    return inform(this.res, headers);
  }
}
