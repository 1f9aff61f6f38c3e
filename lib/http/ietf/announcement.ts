import type { ServerResponse } from 'node:http';
import { performance } from 'node:perf_hooks';
import type { IetfDialect } from '../../protocol/index.js';
import { inform } from '../connection/information.js';

/** Milliseconds between two words of progress. */
const PAUSE = 1000;

/** What a client is told ahead of the answer, where it may be (draft §104 Upload Resumption Supported). */
export class Announcement {
  private readonly version?: Readonly<Record<string, string>>;
  private toldAt = performance.now();

  constructor(
    private readonly res: ServerResponse,
    { mayInform, version }: IetfDialect,
  ) {
    if (mayInform) this.version = { 'Upload-Draft-Interop-Version': String(version) };
  }

  /**
   * Tells where the upload is.
   *
   * @returns whether its client was told
   */
  begin(headers: Readonly<Record<string, string>>): boolean {
    return this.send(headers);
  }

  /** Tells how many bytes of it there are, once a second at most; never where it is. */
  advance(offset: number): void {
    if (!this.version || performance.now() - this.toldAt < PAUSE) return;
    this.send({ 'Upload-Offset': String(offset) });
  }

  private send(headers: Readonly<Record<string, string>>): boolean {
    if (!this.version) return false;
    this.toldAt = performance.now();
    return inform(this.res, { ...headers, ...this.version });
  }
}
