import { SeededContent } from '../../../support/seeded.js';
import { head, patch } from '../../../support/tus-client.js';
import type { HttpTarget } from '../../../support/http-client.js';
import type { CreateOptions } from '../../../support/tus-client.js';
import type { JournalEntry } from '../../servers/journal.js';
import { find } from '../tally.js';
import type { Fault } from '../tally.js';
import { asked, letGo } from './asked.js';
import { checkDelivered } from './check-delivered.js';
import { createUnlessKilled } from './create-unless-killed.js';
import { isOvertaken } from './stage.js';
import type { Stage } from './stage.js';
import { unlessKilled } from './unless-killed.js';

/** How often a client tries to send what is missing. */
const TIMES = 20;

type NewTrackedUpload = CreateOptions & { readonly length: number };

/** An upload, and what its client was told about it. */
export class TrackedUpload {
  /** The largest offset that the server acknowledged. */
  acknowledged = 0;
  /** Whether its last request got no answer. */
  unanswered = false;

  private constructor(
    private readonly stage: Stage,
    readonly id: string,
    readonly path: string,
    readonly content: SeededContent,
  ) {}

  /** Creates an upload; `undefined` when the server was killed before it said so. */
  static async create(
    stage: Stage,
    server: HttpTarget,
    options: NewTrackedUpload,
  ): Promise<TrackedUpload | undefined> {
    const content = newContent(stage, options);
    const created = await createUnlessKilled(stage, server, options);
    return created && new TrackedUpload(stage, created.id, created.path, content);
  }

  /** Creates an upload and sends all its bytes along; `undefined` when there was no answer. */
  static async createWhole(
    stage: Stage,
    server: HttpTarget,
    options: NewTrackedUpload,
  ): Promise<TrackedUpload | undefined> {
    const content = newContent(stage, options);
    const created = await createUnlessKilled(stage, server, { ...options, body: content.bytes() });
    if (!created) return undefined;
    const upload = new TrackedUpload(stage, created.id, created.path, content);
    upload.acknowledged = Number(created.response.headers['upload-offset']);
    if (!upload.complete) upload.find('strangeAnswers', `POST kept ${upload.acknowledged} bytes`);
    return upload;
  }

  get complete(): boolean {
    return this.acknowledged === this.content.length;
  }

  /**
   * Sends the next bytes, all that are missing unless told.
   *
   * @returns whether there was an answer, other than that the disk has failed.
   */
  async send(server: HttpTarget, bytes = this.content.length): Promise<boolean> {
    const offset = this.acknowledged;
    const body = this.content.bytes(offset, Math.min(offset + bytes, this.content.length));
    this.unanswered = true;
    const response = await unlessKilled(() => patch(server, this, { offset, body }));
    if (response === undefined || isOvertaken(this.stage, response)) return false;

    this.unanswered = false;
    if (this.stage.disk.excuses(response.status)) return false;
    if (response.status === 204) this.acknowledged = Number(response.headers['upload-offset']);
    else this.find('strangeAnswers', `PATCH at ${offset} was told ${response.status}`);
    return true;
  }

  /** Sends all that is missing, again where a request was dropped. */
  async sendAll(server: HttpTarget): Promise<void> {
    for (let times = 0; times < TIMES && !this.complete; times++) {
      if (times > 0) await this.resume(server);
      if (!this.complete) await this.send(server);
    }
  }

  /** Asks where the upload stands, as a client does that wants to go on. */
  async resume(server: HttpTarget): Promise<void> {
    const { status, headers } = await asked(this.stage, () => head(server, this));
    const offset = Number(headers['upload-offset']);
    this.unanswered = false;
    const hasGoneBack = offset < this.acknowledged && !this.mayHaveLost;
    if (status !== 200) this.find('strangeAnswers', `HEAD was told ${status}`);
    else if (hasGoneBack) this.find('offsetsGoneBack', `${this.acknowledged} to ${offset}`);
    else this.settleAt(offset);
  }

  /**
   * Counts the upload as one that lost bytes unless the store holds all that were acknowledged.
   *
   * @param trusted most bytes to look at, all unless told
   * @returns whether the store holds the whole of it.
   */
  async checkStored(trusted?: number): Promise<boolean> {
    const { size, areRight } = await this.stage.store.held(this.id, this.content, trusted);
    const isLess = size < this.acknowledged && !this.mayHaveLost;
    if (isLess || !areRight) {
      const { acknowledged, content } = this;
      const told = `of ${content.length} bytes, ${acknowledged} acknowledged`;
      this.find('bytesLost', `${told}, ${size} are held, ${areRight ? 'right' : 'wrong'} ones`);
    }
    return size === this.content.length;
  }

  private find(fault: Fault, finding: string): void {
    find(this.stage.tally, fault, `${this.id}: ${finding}`);
  }

  /** What was acknowledged as finished is never lost. */
  private get mayHaveLost(): boolean {
    return !this.complete && this.stage.disk.hasTaken(this.id);
  }

  private settleAt(offset: number): void {
    if (offset < this.acknowledged) this.stage.disk.settle(this.id);
    this.acknowledged = offset;
  }

  /**
   * Lets go of its bytes once the handler has returned.
   *
   * @returns whether it is gone
   */
  async free(server: HttpTarget, journal: readonly JournalEntry[]): Promise<boolean> {
    const isDelivered = journal.some(({ event, id }) => event === 'end' && id === this.id);
    if (!isDelivered) return false;
    await this.checkStored();
    return letGo(this.stage, server, this);
  }

  /** Counts whatever was wrong with the calls of the handler. */
  checkDelivered(journal: readonly JournalEntry[]): void {
    checkDelivered(this.stage.tally, journal, { id: this.id, sha256: this.content.sha256() });
  }
}

function newContent({ seed, tally }: Stage, { length }: NewTrackedUpload): SeededContent {
  return new SeededContent(`${seed}/${tally.uploads++}`, length);
}
