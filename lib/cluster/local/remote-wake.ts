import { setTimeout as pause } from 'node:timers/promises';
import { ContextSnapshot } from '../../context/index.js';
import { ProcessGoneError } from './process-gone.error.js';
import type { Processes } from './processes.js';

/** The topic under which processes tell each other that deliveries are due. */
const TOPIC = 'deliveries-due';

/** The answer of a process that leaves deliveries to others itself, and need not be told again. */
const DEAF = 'deaf';

/** Milliseconds until a process is asked again that could not be reached, and may live. */
const RETRY_PAUSE = 1000;

/**
 * Wakes the other processes on the folder when there are deliveries that this one leaves to them.
 *
 * The message says no more than that: what is due stands in the registry. So each process is asked
 * one thing at a time, and what comes meanwhile becomes one more question.
 */
export class RemoteWake {
  private readonly context = new ContextSnapshot();
  /** The processes that are being asked, and whether they are to be asked once more. */
  private readonly asked = new Map<string, boolean>();
  private readonly deaf = new Set<string>();
  /** Called when another process has left deliveries; tells whether this one will never make any. */
  woken: () => boolean = () => false;

  constructor(private readonly processes: Processes) {
    processes.answer(TOPIC, () => Promise.resolve(this.woken() ? DEAF : ''));
    processes.whenGone((identity) => this.deaf.delete(identity));
  }

  /** A process that is not known yet looks itself at its start, or is woken when it is met. */
  wakeOthers(): void {
    for (const identity of this.processes.others) {
      if (!this.deaf.has(identity)) this.context.run(() => void this.wake(identity));
    }
  }

  private async wake(identity: string): Promise<void> {
    if (this.asked.has(identity)) {
      this.asked.set(identity, true);
      return;
    }
    do {
      this.asked.set(identity, false);
      await this.ask(identity);
    } while (this.asked.get(identity));
    this.asked.delete(identity);
  }

  /** If this process ends, the others notice, and then look at all that is due. */
  private async ask(identity: string): Promise<void> {
    try {
      const answer = await this.processes.ask(identity, TOPIC);
      if (answer === DEAF) this.deaf.add(identity);
    } catch (error) {
      if (error instanceof ProcessGoneError) return;
      await pause(RETRY_PAUSE, undefined, { ref: false });
      this.asked.set(identity, true);
    }
  }
}
