import { Errands } from './errands.js';
import type { Messenger } from './messenger.interface.js';

/** The topic under which processes tell each other that deliveries are due. */
const TOPIC = 'deliveries-due';

/** The answer of a process that leaves deliveries to others itself, and need not be told again. */
const DEAF = 'deaf';

/**
 * Wakes the other processes on the folder, or the database, when there are deliveries that this one leaves to them.
 *
 * The message says no more than that: what is due stands in the registry.
 */
export class RemoteWake {
  /** Called when another process has left deliveries; tells whether this one will never make any. */
  woken: () => boolean = () => false;
  private readonly errands = new Errands((identity) => this.ask(identity));
  private readonly deaf = new Set<string>();

  constructor(private readonly messenger: Messenger) {
    messenger.answer(TOPIC, () => Promise.resolve(this.woken() ? DEAF : ''));
    messenger.whenGone((identity) => this.deaf.delete(identity));
  }

  /** A process that is not known yet looks itself at its start, or is woken when it is met. */
  wakeOthers(): void {
    for (const identity of this.messenger.others) {
      if (!this.deaf.has(identity)) this.errands.begin(identity);
    }
  }

  /** If this process ends, the others notice, and then look at all that is due. */
  private async ask(identity: string): Promise<void> {
    const answer = await this.messenger.ask(identity, TOPIC);
    if (answer === DEAF) this.deaf.add(identity);
  }
}
