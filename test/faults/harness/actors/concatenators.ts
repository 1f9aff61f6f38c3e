import type { HttpTarget } from '../../../support/http-client.js';
import { SeededRandom } from '../../../support/seeded.js';
import { readEntries, untilDelivered } from '../../servers/journal.js';
import type { Actor } from './actor.js';
import { FinalUpload } from './final-upload.js';
import { LargePart } from './large-part.js';
import type { Stage } from './stage.js';

const MB = 1024 * 1024;

/** A client that sends parts, asks for a final upload of them, and asks again after a kill. */
export class Concatenators implements Actor {
  /** Parts of which a final upload is yet to be made. */
  private parts?: readonly LargePart[];
  /** The final upload that was asked for when the server was killed. */
  private unanswered?: FinalUpload;
  private readonly whole: FinalUpload[] = [];
  private readonly half: FinalUpload[] = [];

  constructor(private readonly stage: Stage) {}

  async act(server: HttpTarget): Promise<void> {
    this.parts ??= await this.sendParts(server);
    if (this.parts) await this.makeFinal(server, this.parts);
  }

  async inspect(): Promise<void> {}

  async check(server: HttpTarget): Promise<void> {
    await this.checkUnanswered(server);
    for (const part of this.parts ?? []) await part.check(server);
    const journal = await readEntries(this.stage.settings.journal);
    for (const final of this.whole) await final.free(server, journal);
  }

  async finish(server: HttpTarget): Promise<void> {
    if (this.parts) await this.makeFinal(server, this.parts);
    const ids = this.whole.map(({ id }) => id!);
    const journal = await untilDelivered(this.stage.settings.journal, ids);
    for (const final of this.whole) final.checkDelivered(journal);
    for (const final of this.half) final.checkNotDelivered(journal);
  }

  /** What its client was not told of is whole, or will never be there. */
  private async checkUnanswered(server: HttpTarget): Promise<void> {
    const final = this.unanswered;
    this.unanswered = undefined;
    if (final?.id === undefined) return;
    if (await final.isWhole(server)) {
      this.whole.push(final);
    } else {
      this.half.push(final);
      this.stage.tally.concatenationsCutOff++;
    }
  }

  /** The last part is done before the one before it, for two are copied at a time. */
  private async sendParts(server: HttpTarget): Promise<readonly LargePart[] | undefined> {
    const { seed, tally } = this.stage;
    const random = new SeededRandom(`${seed}/${tally.kills}/concatenator`);
    const parts: LargePart[] = [];
    for (const size of [3, 16, 4]) {
      const length = size * MB + random.integer(0, 2 * MB);
      const part = await LargePart.send(this.stage, server, length);
      if (!part) return undefined;
      parts.push(part);
    }
    return parts;
  }

  private async makeFinal(server: HttpTarget, parts: readonly LargePart[]): Promise<void> {
    const final = new FinalUpload(this.stage, parts);
    this.unanswered = final;
    if (!(await final.make(server))) return;
    this.unanswered = undefined;
    this.parts = undefined;
    if (final.id !== undefined) this.whole.push(final);
  }
}
