import { SeededRandom } from '../../../support/seeded.js';
import type { HttpTarget } from '../../../support/http-client.js';
import { readEntries, untilDelivered } from '../../servers/journal.js';
import type { Actor } from './actor.js';
import { ChecksummedUpload } from './checksummed-upload.js';
import type { Stage } from './stage.js';

const CHECKERS = 2;
const KB = 1024;

/**
 * Clients that send a checksum with every chunk, and resume their uploads after every kill. Some
 * chunks are damaged on their way, and are sent again.
 */
export class Checkers implements Actor {
  /** Uploads that were begun since the last check, or are not complete. */
  private uploads: ChecksummedUpload[] = [];
  /** Uploads that were complete when they were looked at after a kill. */
  private complete: ChecksummedUpload[] = [];
  private readonly freed: ChecksummedUpload[] = [];

  constructor(private readonly stage: Stage) {}

  async act(server: HttpTarget): Promise<void> {
    const clients = Array.from({ length: CHECKERS }, (_, index) => this.sendOn(server, index));
    await Promise.all(clients);
  }

  async inspect(): Promise<void> {
    for (const upload of this.uploads) await upload.inspect();
  }

  async check(server: HttpTarget): Promise<void> {
    for (const upload of this.uploads) await upload.resume(server);
    this.complete.push(...this.uploads.filter(({ plain }) => plain.complete));
    this.uploads = this.uploads.filter(({ plain }) => !plain.complete);
    await this.freeDelivered(server);
  }

  async finish(server: HttpTarget): Promise<void> {
    for (const upload of this.uploads) await upload.sendAll(server);
    const all = [...this.complete, ...this.uploads].map(({ plain }) => plain);
    for (const upload of all) await upload.checkStored();

    const ids = all.map(({ id }) => id);
    const journal = await untilDelivered(this.stage.settings.journal, ids);
    const freed = this.freed.map(({ plain }) => plain);
    for (const upload of [...all, ...freed]) upload.checkDelivered(journal);
  }

  /** Lets go of what was delivered, where the store has no room for all. */
  private async freeDelivered(server: HttpTarget): Promise<void> {
    if (!this.stage.store.isSmall) return;
    const journal = await readEntries(this.stage.settings.journal);
    const kept: ChecksummedUpload[] = [];
    for (const upload of this.complete) {
      ((await upload.plain.free(server, journal)) ? this.freed : kept).push(upload);
    }
    this.complete = kept;
  }

  /** One client: goes on with an upload of an earlier round, then begins new ones. */
  private async sendOn(server: HttpTarget, index: number): Promise<void> {
    const random = new SeededRandom(
      `${this.stage.seed}/${this.stage.tally.kills}/checker ${index}`,
    );
    let upload: ChecksummedUpload | undefined =
      this.uploads[index] ?? (await this.begin(server, random));
    while (upload && (await this.sendRest(server, upload, random))) {
      upload = await this.begin(server, random);
    }
  }

  private async sendRest(
    server: HttpTarget,
    upload: ChecksummedUpload,
    random: SeededRandom,
  ): Promise<boolean> {
    while (!upload.plain.complete) {
      const isDamaged = random.integer(0, 3) === 0;
      const bytes = this.stage.store.scale * random.integer(128 * KB, 512 * KB);
      if (!(await upload.send(server, bytes, isDamaged))) return false;
    }
    return true;
  }

  private async begin(
    server: HttpTarget,
    random: SeededRandom,
  ): Promise<ChecksummedUpload | undefined> {
    const length = this.stage.store.scale * random.integer(512 * KB, 2048 * KB);
    const upload = await ChecksummedUpload.create(this.stage, server, length);
    if (upload) this.uploads.push(upload);
    return upload;
  }
}
