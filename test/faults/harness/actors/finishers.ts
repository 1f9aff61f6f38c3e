import { setTimeout as pause } from 'node:timers/promises';
import { SeededRandom } from '../../../support/seeded.js';
import type { HttpTarget } from '../../../support/http-client.js';
import { countRetrying, readEntries, untilDelivered } from '../../servers/journal.js';
import type { KillableServer } from '../../servers/killable-server.js';
import { THREW } from '../../servers/server-settings.js';
import type { Actor } from './actor.js';
import type { Stage } from './stage.js';
import { TrackedUpload } from './tracked-upload.js';

const FINISHERS = 6;
const UPLOADS_EACH = 2;
const KB = 1024;

/** Most bytes of an upload that has its record with its finish. */
const SMALL = 64 * KB;

/**
 * Clients that send a small file at once, so that kills fall around its last byte, and into a
 * handler that takes its time and fails at first. Some of them never come back.
 */
export class Finishers implements Actor {
  /** Uploads that were begun since the last check. */
  private uploads: TrackedUpload[] = [];
  /** Uploads all of whose bytes arrived, so that the handler must be told of them. */
  private readonly whole: TrackedUpload[] = [];

  constructor(private readonly stage: Stage) {}

  async act(server: KillableServer): Promise<void> {
    server.lines.on('line', (line) => {
      if (line === THREW) this.stage.moments.emit('retrying');
    });
    const clients = Array.from({ length: FINISHERS }, (_, index) => this.sendSome(server, index));
    await Promise.all(clients);
  }

  async inspect(): Promise<void> {
    const { seed, tally, settings } = this.stage;
    tally.retriesCutOff += countRetrying(await readEntries(settings.journal));
    const random = new SeededRandom(`${seed}/${tally.kills}/returns`);
    const returning: TrackedUpload[] = [];
    for (const upload of this.uploads) {
      const isWhole = await upload.checkStored();
      if (upload.unanswered) tally.interrupted++;
      const returns = !upload.complete && random.integer(0, 1) === 1;
      if (returns) returning.push(upload);
      else if (upload.complete || isWhole) this.whole.push(upload);
    }
    this.uploads = returning;
  }

  async check(server: HttpTarget): Promise<void> {
    for (const upload of this.uploads) {
      await upload.resume(server);
      await upload.sendAll(server);
    }
    this.whole.push(...this.uploads);
    this.uploads = [];
  }

  async finish(): Promise<void> {
    const ids = this.whole.map(({ id }) => id);
    const journal = await untilDelivered(this.stage.settings.journal, ids);
    for (const upload of this.whole) upload.checkDelivered(journal);
  }

  private async sendSome(server: HttpTarget, index: number): Promise<void> {
    const { stage } = this;
    const random = new SeededRandom(`${stage.seed}/${stage.tally.kills}/finisher ${index}`);
    for (let sent = 0; sent < UPLOADS_EACH; sent++) {
      await pause(random.integer(0, 150));
      const isSent = await (random.integer(0, 2) === 0
        ? this.sendWhole(server, random)
        : this.sendInTwo(server, random));
      if (!isSent) return;
      stage.moments.emit('last-answer');
    }
  }

  /** Its bytes come with its creation. */
  private async sendWhole(server: HttpTarget, random: SeededRandom): Promise<boolean> {
    this.stage.moments.emit('last-bytes');
    const options = { length: random.integer(1, SMALL), metadata: metadataOf(random) };
    const upload = await TrackedUpload.createWhole(this.stage, server, options);
    if (upload) this.uploads.push(upload);
    return upload !== undefined;
  }

  /** A request creates it, and another one brings its bytes. */
  private async sendInTwo(server: HttpTarget, random: SeededRandom): Promise<boolean> {
    const upload = await this.begin(server, random);
    if (!upload) return false;
    this.stage.moments.emit('last-bytes');
    return upload.send(server);
  }

  private async begin(
    server: HttpTarget,
    random: SeededRandom,
  ): Promise<TrackedUpload | undefined> {
    const upload = await TrackedUpload.create(this.stage, server, {
      length: random.integer(1, 256 * KB),
      metadata: metadataOf(random),
    });
    if (upload) this.uploads.push(upload);
    return upload;
  }
}

/** How the handler is to behave. */
function metadataOf(random: SeededRandom): Record<string, string> {
  return { takes: String(random.integer(0, 300)), failures: String(random.integer(0, 2)) };
}
