/**
 * Bytes that the bodies of an instance may hold in memory together before their sockets are made to
 * wait. What is held for short dies young, and costs the garbage collector little: with 64 KiB for
 * each of 200 bodies they took a fifth more processor time, and twice the memory.
 */
const SHARED_MARK = 3 * 1024 * 1024;

/** How many of them one body may hold, so that a file that hangs leaves room for the others. */
const OWN_MARK = 2 * 1024 * 1024;

/** A body that waits for room in memory. */
export interface WaitingBody {
  resume(): void;
}

/**
 * The memory that bodies share while they are on their way to the storage.
 *
 * It is a mark and no limit: a body that goes on takes one chunk at least, up to 64 KiB. To let fewer
 * bodies go on at a time costs more than it saves, for they are then written in smaller pieces.
 */
export class BodyMemory {
  private held = 0;
  private readonly waiting = new Set<WaitingBody>();

  /** Whether a body that holds so many bytes is to wait until some were written. */
  isFullFor(bytes: number): boolean {
    return this.held >= SHARED_MARK || bytes >= OWN_MARK;
  }

  take(bytes: number): void {
    this.held += bytes;
  }

  /**
   * Gives bytes back that were written, or are not wanted; the body that has waited longest goes on
   * first.
   */
  release(bytes: number): void {
    this.held -= bytes;
    this.resumeWaiting();
  }

  /** Resumes a body once there is room; at once when there is. */
  enqueue(body: WaitingBody): void {
    this.waiting.add(body);
    this.resumeWaiting();
  }

  leave(body: WaitingBody): void {
    this.waiting.delete(body);
  }

  private resumeWaiting(): void {
    for (const body of this.waiting) {
      if (this.held >= SHARED_MARK) return;
      this.waiting.delete(body);
      body.resume();
    }
  }
}
