import { setTimeout as pause } from 'node:timers/promises';
import { ContextSnapshot } from '../../context/index.js';
import { ProcessGoneError } from './process-gone.error.js';

/** Milliseconds until a process is asked again that could not be reached, and may live. */
const RETRY_PAUSE = 1000;

/** Asks each process one thing at a time; all that comes meanwhile becomes one more question. */
export class Errands {
  /** An errand is not that of the request that happens to begin it. */
  private readonly context = new ContextSnapshot();
  /** The processes that are being asked, and whether they are to be asked once more. */
  private readonly running = new Map<string, boolean>();

  /** @param ask what is repeated when it fails, unless the process has ended */
  constructor(private readonly ask: (identity: string) => Promise<void>) {}

  begin(identity: string): void {
    if (this.running.has(identity)) this.running.set(identity, true);
    else this.context.run(() => void this.run(identity));
  }

  private async run(identity: string): Promise<void> {
    do {
      this.running.set(identity, false);
      await this.runOnce(identity);
    } while (this.running.get(identity));
    this.running.delete(identity);
  }

  private async runOnce(identity: string): Promise<void> {
    try {
      await this.ask(identity);
    } catch (error) {
      if (error instanceof ProcessGoneError) return;
      await pause(RETRY_PAUSE, undefined, { ref: false });
      this.running.set(identity, true);
    }
  }
}
