import { waitAtMost } from '../../wait-at-most.js';
import type { MemberReport } from '../cluster.interface.js';
import type { Messenger } from './messenger.interface.js';
import { ProcessGoneError } from './process-gone.error.js';

/** The topic under which a process is asked what it does. */
const TOPIC = 'report';

/** Asks other processes what they do, and says what this one does. */
export class RemoteReports {
  /** Called when another process asks. */
  report: () => string = () => '';

  constructor(private readonly messenger: Messenger) {
    messenger.answer(TOPIC, () => Promise.resolve(this.report()));
  }

  /** See `Reporting`. */
  async askOthers(patience: number): Promise<readonly MemberReport[]> {
    const reports = this.messenger.others.map((identity) => this.ask(identity, patience));
    return (await Promise.all(reports)).filter((report) => report !== undefined);
  }

  /** @returns `undefined` for one that has ended */
  private async ask(identity: string, patience: number): Promise<MemberReport | undefined> {
    if (this.messenger.isSilent(identity)) return { identity };
    let text: string | undefined;
    const asking = this.messenger.ask(identity, TOPIC).then((answer) => (text = answer));
    // It may answer, or fail to, when nothing waits for it any more.
    asking.catch(() => undefined);
    try {
      await waitAtMost(patience, asking);
    } catch (error) {
      if (error instanceof ProcessGoneError) return undefined;
    }
    return text === undefined ? { identity } : { identity, text };
  }
}
