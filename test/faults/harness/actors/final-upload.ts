import { basename } from 'node:path';
import { request } from '../../../support/http-client.js';
import type { HttpResponse, HttpTarget } from '../../../support/http-client.js';
import { encodeMetadata, head, TUS } from '../../../support/tus-client.js';
import type { JournalEntry } from '../../servers/journal.js';
import { find } from '../tally.js';
import { asked, letGo } from './asked.js';
import { checkDelivered } from './check-delivered.js';
import { sha256Of } from './large-part.js';
import type { LargePart } from './large-part.js';
import type { Stage } from './stage.js';
import { unlessKilled } from './unless-killed.js';

/** One request for a final upload, and what became of it. */
export class FinalUpload {
  /** Known when its client was told, or when the store shows it. */
  id?: string;
  /** Whether its bytes were let go again. */
  private freed = false;

  constructor(
    private readonly stage: Stage,
    private readonly parts: readonly LargePart[],
  ) {}

  get path(): string {
    return `/files/${this.id}`;
  }

  /**
   * Asks for it, and announces the copying of its parts.
   *
   * @returns whether there was an answer, other than that the disk has failed.
   */
  async make(server: HttpTarget): Promise<boolean> {
    const { store, tally } = this.stage;
    const id = store.finalId?.(tally.uploads);
    tally.uploads++;
    const parts = this.parts.map(({ path }) => basename(path));
    const unwatch = store.watchFinal({ id, parts }, (seen) => this.see(seen));
    try {
      const response = await unlessKilled(() => this.ask(server, id));
      if (!response || this.stage.disk.excuses(response.status)) return false;
      this.hear(response);
      return true;
    } finally {
      unwatch();
    }
  }

  /**
   * Asks a new server whether there is a final upload of which its client was not told.
   *
   * @returns whether there is: then it must be whole.
   */
  async isWhole(server: HttpTarget): Promise<boolean> {
    const { status, headers } = await asked(this.stage, () => head(server, this));
    if (status === 410) return false;
    const isComplete = headers['upload-offset'] === String(this.length);
    if (status !== 200 || !isComplete) this.find(`HEAD was told ${status}`);
    return true;
  }

  /** Lets go of its bytes once the handler has returned, for there will be many of them. */
  async free(server: HttpTarget, journal: readonly JournalEntry[]): Promise<void> {
    const isDelivered = journal.some(({ event, id }) => event === 'end' && id === this.id);
    if (this.freed || !isDelivered) return;
    await this.isWhole(server);
    this.freed = await letGo(this.stage, server, this);
  }

  /** Counts whatever was wrong with the calls of the handler for one that is whole. */
  checkDelivered(journal: readonly JournalEntry[]): void {
    checkDelivered(this.stage.tally, journal, { id: this.id!, sha256: sha256Of(this.parts) });
  }

  /** Counts the calls of the handler for one that is half. */
  checkNotDelivered(journal: readonly JournalEntry[]): void {
    this.stage.tally.deliveriesWrong += journal.filter(({ id }) => id === this.id).length;
  }

  private get length(): number {
    return this.parts.reduce((sum, { length }) => sum + length, 0);
  }

  private ask(server: HttpTarget, id?: string): Promise<HttpResponse> {
    const list = this.parts.map(({ path }) => path).join(' ');
    const metadata = id === undefined ? undefined : { 'Upload-Metadata': encodeMetadata({ id }) };
    const headers = { ...TUS, ...metadata, 'Upload-Concat': `final;${list}` };
    return request(server, { method: 'POST', path: '/files', headers });
  }

  private hear({ status, headers }: HttpResponse): void {
    if (status === 201 && headers.location !== undefined) this.id = basename(headers.location);
    else this.find(`POST was told ${status}`);
  }

  private find(finding: string): void {
    find(this.stage.tally, 'strangeAnswers', `${this.id ?? 'final upload'}: ${finding}`);
  }

  private see(id: string): void {
    this.id ??= id;
    this.stage.moments.emit('concatenation');
  }
}
