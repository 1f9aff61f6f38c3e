import { EventEmitter, once } from 'node:events';

/** What something was called with, oldest first, to be waited for without polling. */
export class Calls<T> {
  readonly all: T[] = [];

  private readonly events = new EventEmitter();

  add(call: T): void {
    this.all.push(call);
    this.events.emit('call');
  }

  /** Waits for the first call that fits, past ones included. */
  async first(fits: (call: T) => boolean): Promise<T> {
    for (;;) {
      const found = this.all.find(fits);
      if (found !== undefined) {
        return found;
      }
      await once(this.events, 'call');
    }
  }

  /** Waits until there were this many calls. */
  async atLeast(count: number): Promise<readonly T[]> {
    while (this.all.length < count) {
      await once(this.events, 'call');
    }
    return this.all;
  }
}
