import { createHash } from 'node:crypto';
import type { HttpTarget } from '../../../support/http-client.js';
import { SeededContent } from '../../../support/seeded.js';
import { head, patch } from '../../../support/tus-client.js';
import { find } from '../tally.js';
import type { Fault } from '../tally.js';
import { asked } from './asked.js';
import { createUnlessKilled } from './create-unless-killed.js';
import type { Stage } from './stage.js';
import { unlessKilled } from './unless-killed.js';

const EDGE = 64 * 1024;
const HOLE = Buffer.alloc(1024 * 1024);

/** A partial upload of which only the first and last bytes are sent, where the store can have a hole. */
export class LargePart {
  private constructor(
    private readonly stage: Stage,
    readonly path: string,
    readonly length: number,
    /** The bytes at its edges. */
    private readonly edges: SeededContent,
  ) {}

  /** Sends a part; `undefined` when the server was killed before it said that all is there. */
  static async send(
    stage: Stage,
    server: HttpTarget,
    length: number,
  ): Promise<LargePart | undefined> {
    const edges = new SeededContent(`${stage.seed}/${stage.tally.uploads++}`, 2 * EDGE);
    const headers = { 'Upload-Concat': 'partial' };
    const body = edges.bytes(0, EDGE);
    const created = await createUnlessKilled(stage, server, { length, body, headers });
    if (!created) return undefined;

    const part = new LargePart(stage, created.path, length, edges);
    const rest = await part.rest(created.id);
    const answer = await unlessKilled(() => patch(server, created, rest));
    if (answer && stage.disk.excuses(answer.status)) return undefined;
    const isStrange = answer && answer.status !== 204;
    if (isStrange) part.find('strangeAnswers', `PATCH was told ${answer.status}`);
    return answer && part;
  }

  /** Counts whatever is not as it was when all its bytes were acknowledged. */
  async check(server: HttpTarget): Promise<void> {
    const { status, headers } = await asked(this.stage, () => head(server, this));
    const offset = Number(headers['upload-offset']);
    const isPart = status === 200 && headers['upload-concat'] === 'partial';
    if (!isPart) this.find('strangeAnswers', `HEAD was told ${status}`);
    else if (offset < this.length) this.find('offsetsGoneBack', `${this.length} to ${offset}`);
  }

  private find(fault: Fault, finding: string): void {
    find(this.stage.tally, fault, `${this.path}: ${finding}`);
  }

  /** What is to be sent yet: what comes after the hole, where there can be one. */
  private async rest(id: string): Promise<{ offset: number; body: Buffer }> {
    const { store } = this.stage;
    if (!store.skipTo) {
      return { offset: EDGE, body: Buffer.concat([...this.pieces()]).subarray(EDGE) };
    }
    const offset = this.length - EDGE;
    await store.skipTo(id, offset);
    return { offset, body: this.edges.bytes(EDGE) };
  }

  /** All its bytes, in order. */
  *pieces(): Generator<Buffer> {
    yield this.edges.bytes(0, EDGE);
    for (let left = this.length - 2 * EDGE; left > 0; left -= HOLE.length) {
      yield HOLE.subarray(0, left);
    }
    yield this.edges.bytes(EDGE);
  }
}

/** SHA-256 of the bytes of parts, one after the other, in hexadecimal digits. */
export function sha256Of(parts: readonly LargePart[]): string {
  const hash = createHash('sha256');
  for (const part of parts) {
    for (const piece of part.pieces()) hash.update(piece);
  }
  return hash.digest('hex');
}
