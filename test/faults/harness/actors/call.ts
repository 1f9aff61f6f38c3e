import { setTimeout as pause } from 'node:timers/promises';
import { SeededContent } from '../../../support/seeded.js';
import type { SeededRandom } from '../../../support/seeded.js';
import { head, patch } from '../../../support/tus-client.js';
import type { HttpResponse, HttpTarget } from '../../../support/http-client.js';
import type { JournalEntry } from '../../servers/journal.js';
import { find } from '../tally.js';
import { asked } from './asked.js';
import { createUnlessKilled } from './create-unless-killed.js';
import { isOvertaken } from './stage.js';
import type { Stage } from './stage.js';
import { unlessKilled } from './unless-killed.js';

const KB = 1024;

/** Milliseconds until a client comes again that met its own request. */
const BUSY_PAUSE = 20;

/** An upload to an endpoint, and what its client was told. */
export class Call {
  /** The answer to the last byte, once there was one. */
  private told?: string;
  /** How often the method may have run. */
  private runs = 1;

  private constructor(
    private readonly stage: Stage,
    private readonly id: string,
    readonly path: string,
    private readonly content: SeededContent,
    /** Whether the hook is to refuse it. */
    private readonly isRefused: boolean,
  ) {}

  /** Creates an upload; `undefined` when the server was killed before it said so. */
  static async create(
    stage: Stage,
    server: HttpTarget,
    random: SeededRandom,
  ): Promise<Call | undefined> {
    const length = random.integer(1, 64 * KB);
    const content = new SeededContent(`${stage.seed}/${stage.tally.uploads++}`, length);
    const verdict = random.integer(0, 3) === 0 ? 'refuse' : 'accept';
    const metadata = { takes: String(random.integer(0, 60)), verdict };
    const options = { path: '/calls', length, metadata };
    const created = await createUnlessKilled(stage, server, options);
    return created && new Call(stage, created.id, created.path, content, verdict === 'refuse');
  }

  /**
   * Sends all its bytes.
   *
   * @returns whether there was an answer, other than that the disk has failed.
   */
  async send(server: HttpTarget): Promise<boolean> {
    const body = this.content.bytes();
    const response = await unlessKilled(() => patch(server, this, { body }));
    if (!response || isOvertaken(this.stage, response)) return false;
    if (this.stage.disk.excuses(response.status)) return false;
    this.hear(response);
    return true;
  }

  /** Asks where it stands, and for the answer, as a client does that comes back after a kill. */
  async ask(server: HttpTarget): Promise<void> {
    if (this.told === undefined) this.runs++;
    const { headers, status } = await this.untilFree(() =>
      asked(this.stage, () => head(server, this)),
    );
    const offset = status === 200 ? Number(headers['upload-offset']) : this.content.length;
    const body = this.content.bytes(offset);
    const send = () => patch(server, this, { offset, body });
    this.hear(await this.untilFree(() => asked(this.stage, send, () => this.runs++)));
  }

  /** Counts whatever was wrong with the runs of the method. */
  check(journal: readonly JournalEntry[]): void {
    const { tally } = this.stage;
    const entries = journal.filter(({ id }) => id === this.id);
    const begun = entries.filter(({ event }) => event === 'begin').length;
    const ended = entries.filter(({ event }) => event === 'end').length;
    const [least, most] = this.isRefused ? [0, 0] : [1, this.runs];
    if (ended < least || begun > most) {
      const finding = `${this.id}: begun ${begun} times, ended ${ended}; allowed: ${least} to ${most}`;
      find(tally, 'methodsRepeated', finding);
    }
    tally.answersCutOff += begun - ended;
  }

  private hear({ status, text }: HttpResponse): void {
    const isRight = this.isRefused
      ? status === 422
      : status === 200 && text.includes(this.content.sha256());
    if (!isRight || (this.told ?? text) !== text) {
      const finding = `${this.id}: was told ${status}, '${text}', before '${this.told}'`;
      find(this.stage.tally, 'answersChanged', finding);
    }
    this.told = text;
  }

  private async untilFree(ask: () => Promise<HttpResponse>): Promise<HttpResponse> {
    for (;;) {
      const response = await ask();
      if (response.status !== 423) return response;
      await pause(BUSY_PAUSE);
    }
  }
}
