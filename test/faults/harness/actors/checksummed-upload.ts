import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { HttpTarget } from '../../../support/http-client.js';
import { RawConnection, rawHead } from '../../../support/raw-http.js';
import type { RawResponse } from '../../../support/raw-http.js';
import { OCTETS } from '../../../support/tus-client.js';
import { find } from '../tally.js';
import { isOvertaken } from './stage.js';
import type { Stage } from './stage.js';
import { TrackedUpload } from './tracked-upload.js';
import { unlessKilled } from './unless-killed.js';

const PIECE = 64 * 1024;

/** How often a client tries to send what is missing. */
const TIMES = 20;

/** Least milliseconds between the pieces of a chunk. */
const PIECE_PAUSE = 2;

/** A chunk that is sent with a checksum. */
interface Chunk {
  /** The offset behind it. */
  readonly end: number;
  /** Whether its first byte is another one than was announced, so that nothing of it may count. */
  readonly isDamaged: boolean;
}

/** An upload by checksummed chunks, of which each counts as a whole or not at all. */
export class ChecksummedUpload {
  /** The chunk that was not answered. */
  private chunk?: Chunk;
  /** Those that a server may read when it wakes, if nothing has come since. */
  private readonly late: Chunk[] = [];

  private constructor(
    private readonly stage: Stage,
    private readonly upload: TrackedUpload,
  ) {}

  /** Creates an upload; `undefined` when the server was killed before it said so. */
  static async create(
    stage: Stage,
    server: HttpTarget,
    length: number,
  ): Promise<ChecksummedUpload | undefined> {
    const upload = await TrackedUpload.create(stage, server, { length });
    return upload && new ChecksummedUpload(stage, upload);
  }

  /** The upload without regard to how it is sent. */
  get plain(): TrackedUpload {
    return this.upload;
  }

  /**
   * Sends the next bytes, slowly, as one chunk.
   *
   * @returns whether there was an answer, other than that the disk has failed.
   */
  async send(server: HttpTarget, bytes: number, isDamaged: boolean): Promise<boolean> {
    const { acknowledged, content } = this.upload;
    const chunk = { end: Math.min(acknowledged + bytes, content.length), isDamaged };
    this.chunk = chunk;
    const response = await unlessKilled(() => this.sendSlowly(server, chunk));
    if (!response || isOvertaken(this.stage, response)) return false;

    if (this.stage.disk.excuses(response.status)) return false;
    this.chunk = undefined;
    const { status } = response;
    if (status !== (isDamaged ? 460 : 204)) this.find(`PATCH to ${chunk.end} was told ${status}`);
    if (status === 204) this.upload.acknowledged = Number(response.header('upload-offset'));
    return true;
  }

  /** Sends all that is missing as one chunk, again where it was dropped. */
  async sendAll(server: HttpTarget): Promise<void> {
    for (let times = 0; times < TIMES && !this.upload.complete; times++) {
      if (times > 0) await this.resume(server);
      if (!this.upload.complete) await this.send(server, Infinity, false);
    }
  }

  /** Looks at what is stored, where bytes that were not verified may lie behind the others. */
  async inspect(): Promise<void> {
    const { acknowledged } = this.upload;
    await this.upload.checkStored(acknowledged);
    if (!this.chunk) return;
    const size = await this.arrived();
    this.stage.tally.interrupted++;
    const isHalf = size === undefined || (size > acknowledged && size < this.chunk.end);
    if (isHalf) this.stage.tally.checksumsCutOff++;
  }

  /** Asks where the upload stands: where a chunk begins or ends that its checksum fits. */
  async resume(server: HttpTarget): Promise<void> {
    const { chunk, upload } = this;
    const before = upload.acknowledged;
    await upload.resume(server);
    const counts = [...this.late, ...(chunk ? [chunk] : [])].some(
      ({ end, isDamaged }) => !isDamaged && end === upload.acknowledged,
    );
    if (chunk && this.stage.hasLateRequests()) this.late.push(chunk);
    const hasGrown = upload.acknowledged > before;
    if (hasGrown && !counts) this.find(`bytes up to ${upload.acknowledged} count`);
    this.chunk = undefined;
  }

  private find(finding: string): void {
    find(this.stage.tally, 'strangeAnswers', `${this.upload.id}: ${finding}`);
  }

  private async sendSlowly(server: HttpTarget, chunk: Chunk): Promise<RawResponse | undefined> {
    const { acknowledged, content } = this.upload;
    const body = content.bytes(acknowledged, chunk.end);
    const head = this.headOf(body);
    if (chunk.isDamaged) body[0]! ^= 1;
    const connection = await RawConnection.open(server);
    try {
      await connection.write(head);
      const answer = connection.responseOrClose();
      let isOver = false;
      const end = (): void => void (isOver = true);
      answer.then(end, end);
      for (let start = 0; start < body.length && !isOver; start += PIECE) {
        if (start > 0) await this.announce(() => isOver);
        await connection.write(body.subarray(start, start + PIECE));
      }
      return await answer;
    } finally {
      connection.destroy();
    }
  }

  /** Announces that some bytes of a chunk have come, and not all of them, once it is so. */
  private async announce(isOver: () => boolean): Promise<void> {
    const hasCome = async () => ((await this.arrived()) ?? Infinity) > this.upload.acknowledged;
    do await pause(PIECE_PAUSE);
    while (!isOver() && !(await hasCome()));
    if (!isOver()) this.stage.moments.emit('checksum');
  }

  private arrived(): Promise<number | undefined> {
    return this.stage.store.arrived(this.upload.id);
  }

  private headOf(body: Buffer): string {
    const digest = createHash('sha1').update(body).digest('base64');
    return rawHead('PATCH', this.upload.path, [
      'Tus-Resumable: 1.0.0',
      `Content-Type: ${OCTETS}`,
      `Content-Length: ${body.length}`,
      `Upload-Offset: ${this.upload.acknowledged}`,
      `Upload-Checksum: sha1 ${digest}`,
    ]);
  }
}
