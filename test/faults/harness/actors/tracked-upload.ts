import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SeededContent } from '../../../support/seeded.js';
import { head, patch } from '../../../support/tus-client.js';
import type { HttpTarget } from '../../../support/http-client.js';
import type { CreateOptions } from '../../../support/tus-client.js';
import type { JournalEntry } from '../../servers/journal.js';
import { checkDelivered } from './check-delivered.js';
import { createUnlessKilled } from './create-unless-killed.js';
import { isOvertaken } from './stage.js';
import type { Stage } from './stage.js';
import { unlessKilled } from './unless-killed.js';

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
    options: CreateOptions & { readonly length: number },
  ): Promise<TrackedUpload | undefined> {
    const { length } = options;
    const content = new SeededContent(`${stage.seed}/${stage.tally.uploads++}`, length);
    const created = await createUnlessKilled(stage, server, options);
    return created && new TrackedUpload(stage, created.id, created.path, content);
  }

  /** Where its bytes lie. */
  get file(): string {
    return join(this.stage.settings.tmpFileDir, this.id);
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
    else this.stage.tally.strangeAnswers++;
    return true;
  }

  /** Asks where the upload stands, as a client does that wants to go on. */
  async resume(server: HttpTarget): Promise<void> {
    const { status, headers } = await head(server, this);
    const offset = Number(headers['upload-offset']);
    this.unanswered = false;
    if (status !== 200) this.stage.tally.strangeAnswers++;
    else if (offset < this.acknowledged && !this.mayHaveLost) this.stage.tally.offsetsGoneBack++;
    else this.settleAt(offset);
  }

  /**
   * Counts the upload as one that lost bytes unless the disk holds all that were acknowledged.
   *
   * @param trusted most bytes to look at, all unless told
   * @returns whether the disk holds the whole of it.
   */
  async checkStored(trusted?: number): Promise<boolean> {
    const file = await readFile(this.file).catch(() => Buffer.alloc(0));
    const stored = file.subarray(0, trusted);
    const right = stored.equals(this.content.bytes(0, stored.length));
    const isLess = stored.length < this.acknowledged && !this.mayHaveLost;
    if (isLess || !right) this.stage.tally.bytesLost++;
    return stored.length === this.content.length;
  }

  /** What was acknowledged as finished is never lost. */
  private get mayHaveLost(): boolean {
    return !this.complete && this.stage.disk.hasTaken(this.id);
  }

  private settleAt(offset: number): void {
    if (offset < this.acknowledged) this.stage.disk.settle(this.id);
    this.acknowledged = offset;
  }

  /** Counts whatever was wrong with the calls of the handler. */
  checkDelivered(journal: readonly JournalEntry[]): void {
    checkDelivered(this.stage.tally, journal, { id: this.id, sha256: this.content.sha256() });
  }
}
