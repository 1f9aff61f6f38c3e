const MIB = 1024 * 1024;

/**
 * Bytes that the bodies of an instance may hold in memory together before their sockets are made to
 * wait. What is held for short dies young, and costs the garbage collector little: with 64 KiB for
 * each of 200 bodies they took a fifth more processor time, and twice the memory.
 */
const SHARED_MARK = 4 * MIB;

/** How many of them one body may hold, so that a file that hangs leaves room for the others. */
const OWN_MARK = 2 * MIB;

/**
 * Bytes that a body is expected to bring as soon as it goes on: its socket has been filled meanwhile.
 * Fewer bodies then go on at a time, each of which brings much, and that is written at once.
 */
const EXPECTED = MIB;

/** A body that waits for room in memory. */
export interface WaitingBody {
  resume(): void;
}

/**
 * The memory that bodies share while they are on their way to the storage.
 *
 * It is a mark and no limit: a body that goes on takes one chunk at least, up to 64 KiB.
 */
export class BodyMemory {
  private held = 0;
  /** Bytes that bodies which have just gone on are expected to bring. */
  private expected = 0;
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
      if (this.held + this.expected >= SHARED_MARK) return;
      this.waiting.delete(body);
      this.expect();
      body.resume();
    }
  }

  /** A socket is read in the next turn of the event loop. What has not come by then is waited for by none. */
  private expect(): void {
    this.expected += EXPECTED;
    setImmediate(() => setImmediate(() => this.expectNoMore()));
  }

  private expectNoMore(): void {
    this.expected -= EXPECTED;
    this.resumeWaiting();
  }
}
