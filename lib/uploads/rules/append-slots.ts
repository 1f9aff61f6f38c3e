import { TooManyAppendsError } from '../model/limit.errors.js';

/** How many uploads may have bytes brought to them at the same time in this process. */
export class AppendSlots {
  /** Requests that bring bytes, by upload. */
  private readonly running = new Map<unknown, number>();

  /** @param most absent: any number */
  constructor(private readonly most: number = Infinity) {}

  /** Whether a request that brings bytes to another upload would be refused. */
  get areTaken(): boolean {
    return this.running.size >= this.most;
  }

  /**
   * Does the work of a request, which needs a slot if it brings bytes or copies them. All requests
   * on one upload share a slot, because only one of them goes on: a newer one takes the upload
   * over.
   *
   * @param upload what tells it from all others
   * @throws TooManyAppendsError when every slot is taken
   */
  async during<T>(upload: unknown, needsSlot: boolean, work: () => Promise<T>): Promise<T> {
    if (!needsSlot) return work();
    const others = this.running.get(upload) ?? 0;
    if (others === 0 && this.areTaken) throw new TooManyAppendsError();
    this.running.set(upload, others + 1);
    try {
      return await work();
    } finally {
      this.leave(upload);
    }
  }

  private leave(upload: unknown): void {
    const others = (this.running.get(upload) ?? 1) - 1;
    if (others === 0) this.running.delete(upload);
    else this.running.set(upload, others);
  }
}
