import { SeededRandom } from '../../../support/seeded.js';
import type { HttpTarget } from '../../../support/http-client.js';
import { terminate } from '../../../support/tus-client.js';
import { readEntries, untilDelivered } from '../../servers/journal.js';
import { find } from '../tally.js';
import type { Actor } from './actor.js';
import { ON_FULL_DISK } from './stage.js';
import type { Stage } from './stage.js';
import { TrackedUpload } from './tracked-upload.js';

const SENDERS = 3;
const KB = 1024;

/** Clients that send files by many requests, and resume them after every kill. */
export class Senders implements Actor {
  /** Uploads that were begun since the last check, or are not complete. */
  private uploads: TrackedUpload[] = [];
  /** Uploads that were complete when they were looked at after a kill. */
  private complete: TrackedUpload[] = [];
  private readonly freed: TrackedUpload[] = [];

  constructor(private readonly stage: Stage) {}

  async act(server: HttpTarget): Promise<void> {
    const clients = Array.from({ length: SENDERS }, (_, index) => this.sendOn(server, index));
    await Promise.all(clients);
  }

  async inspect(): Promise<void> {
    for (const upload of this.uploads) await upload.checkStored();
    this.stage.tally.interrupted += this.uploads.filter(({ unanswered }) => unanswered).length;
  }

  /** Looks on a server that can store nothing. */
  async look(server: HttpTarget): Promise<void> {
    for (const upload of this.uploads) await upload.resume(server);
    // One that is complete may be kept by its handler.
    const leaving = this.uploads.find(({ complete }) => !complete);
    if (!leaving) return;
    this.uploads = this.uploads.filter((upload) => upload !== leaving);
    const { status } = await terminate(server, leaving);
    if (status === 204) return;
    const finding = `${leaving.id}: DELETE on a full disk was told ${status}`;
    find(this.stage.tally, 'strangeAnswers', finding);
  }

  async check(server: HttpTarget): Promise<void> {
    for (const upload of this.uploads) await upload.resume(server);
    this.complete.push(...this.uploads.filter(({ complete }) => complete));
    this.uploads = this.uploads.filter(({ complete }) => !complete);
    await this.freeDelivered(server);
  }

  async finish(server: HttpTarget): Promise<void> {
    for (const upload of this.uploads) await upload.sendAll(server);
    const all = [...this.complete, ...this.uploads];
    for (const upload of all) await upload.checkStored();

    const ids = all.map(({ id }) => id);
    const journal = await untilDelivered(this.stage.settings.journal, ids);
    for (const upload of [...all, ...this.freed]) upload.checkDelivered(journal);
  }

  /** Lets go of what was delivered, where the store has no room for all. */
  private async freeDelivered(server: HttpTarget): Promise<void> {
    if (!this.stage.store.isSmall) return;
    const journal = await readEntries(this.stage.settings.journal);
    const kept: TrackedUpload[] = [];
    for (const upload of this.complete) {
      ((await upload.free(server, journal)) ? this.freed : kept).push(upload);
    }
    this.complete = kept;
  }

  /** One client: goes on with an upload of an earlier round, then begins new ones. */
  private async sendOn(server: HttpTarget, index: number): Promise<void> {
    const random = new SeededRandom(`${this.stage.seed}/${this.stage.tally.kills}/sender ${index}`);
    let upload: TrackedUpload | undefined =
      this.uploads[index] ?? (await this.begin(server, random));
    while (upload && (await this.sendRest(server, upload, random))) {
      upload = await this.begin(server, random);
    }
  }

  private async sendRest(
    server: HttpTarget,
    upload: TrackedUpload,
    random: SeededRandom,
  ): Promise<boolean> {
    const { scale } = this.stage.store;
    while (!upload.complete) {
      const bytes = scale * random.integer(16 * KB, 256 * KB);
      if (!(await upload.send(server, bytes))) return false;
      this.stage.moments.emit('bytes');
      this.stage.moments.emit(ON_FULL_DISK);
    }
    return true;
  }

  private async begin(
    server: HttpTarget,
    random: SeededRandom,
  ): Promise<TrackedUpload | undefined> {
    const length = this.stage.store.scale * random.integer(256 * KB, 2048 * KB);
    const upload = await TrackedUpload.create(this.stage, server, { length });
    if (upload) this.uploads.push(upload);
    return upload;
  }
}
