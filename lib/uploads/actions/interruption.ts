import type { BodyEnd } from '../bodies/body-pump.js';
import type { Lease } from '../leases/lease.js';
import type { UploadBody } from './receiver.js';

/** What ends work that brings no bytes: its client leaves, or its upload is taken away. */
export class Interruption {
  #end?: BodyEnd;
  readonly #controller = new AbortController();

  constructor(body: UploadBody, lease: Lease) {
    const stop = (end: BodyEnd) => {
      this.#end ??= end;
      this.#controller.abort();
    };
    lease.onRevoke(stop);
    body.onLost(() => stop('lost'));
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** How the work ended, if it is this that it was ended by. */
  endFor(error: unknown): BodyEnd | undefined {
    return error === this.signal.reason ? this.#end : undefined;
  }
}
