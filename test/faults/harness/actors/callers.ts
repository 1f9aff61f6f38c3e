import type { HttpTarget } from '../../../support/http-client.js';
import { SeededRandom } from '../../../support/seeded.js';
import { readEntries } from '../../servers/journal.js';
import type { Actor } from './actor.js';
import { Call } from './call.js';
import type { Stage } from './stage.js';

const CALLERS = 3;

/**
 * Clients of an endpoint, so that kills fall into the hook that is asked and the method that
 * answers; all of them come back for their answer.
 */
export class Callers implements Actor {
  /** Calls that were begun since the last check. */
  private calls: Call[] = [];
  private readonly answered: Call[] = [];

  constructor(private readonly stage: Stage) {}

  async act(server: HttpTarget): Promise<void> {
    const clients = Array.from({ length: CALLERS }, (_, index) => this.callOn(server, index));
    await Promise.all(clients);
  }

  async inspect(): Promise<void> {}

  async check(server: HttpTarget): Promise<void> {
    for (const call of this.calls) await call.ask(server);
    this.answered.push(...this.calls);
    this.calls = [];
  }

  async finish(): Promise<void> {
    const journal = await readEntries(this.stage.settings.journal);
    for (const call of this.answered) call.check(journal);
  }

  /** One client: calls until the server is killed. */
  private async callOn(server: HttpTarget, index: number): Promise<void> {
    const { stage } = this;
    const random = new SeededRandom(`${stage.seed}/${stage.tally.kills}/caller ${index}`);
    for (;;) {
      const call = await Call.create(stage, server, random);
      if (!call) return;
      this.calls.push(call);
      stage.moments.emit('answering');
      if (!(await call.send(server))) return;
    }
  }
}
