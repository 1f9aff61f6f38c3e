import { syncFolder, type DiskCalls } from '../../file-system/index.js';

/**
 * Makes the names in one folder durable, for many callers with few flushes.
 *
 * A flush under way may have begun before a caller's file was there, so those who come while one
 * runs share the next one.
 */
export class FolderSync {
  private running?: Promise<void>;
  private next?: Promise<void>;
  /** When a flush failed last, in milliseconds since the epoch, rounded up. */
  private failedAt = -Infinity;

  /** @param flush puts the folder on disk */
  constructor(private readonly flush: () => Promise<void>) {}

  /** The names in a folder on the disk that the calls go to. */
  static of(folder: string, calls: DiskCalls): FolderSync {
    return new FolderSync(() => syncFolder(folder, calls));
  }

  /** Returns once every name there is at the time of the call would survive a lost machine. */
  sync(): Promise<void> {
    if (this.next) return this.next;
    if (!this.running) return this.start();
    const start = () => {
      this.next = undefined;
      return this.start();
    };
    this.next = this.running.then(start, start);
    return this.next;
  }

  /**
   * Whether a name may not be on disk whatever a flush says, for one has failed since it was given.
   *
   * @param since when it was given, in milliseconds since the epoch
   */
  mayHaveLost(since: number): boolean {
    return since <= this.failedAt;
  }

  private start(): Promise<void> {
    this.running = this.flush()
      .catch((error: NodeJS.ErrnoException) => {
        // A folder that could not be opened has lost nothing by that.
        if (error.syscall !== 'open') this.failedAt = Date.now() + 1;
        throw error;
      })
      .finally(() => (this.running = undefined));
    return this.running;
  }
}
