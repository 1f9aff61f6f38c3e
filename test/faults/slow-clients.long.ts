import { createHash } from 'node:crypto';
import {
  OCTETS,
  PLATFORMS,
  SeededContent,
  create,
  eventually,
  offsetOf,
  patch,
  rawHead,
  startApp,
  storedBytes,
} from '../support/index.js';
import type { CreatedUpload, RawConnection, TestApp } from '../support/index.js';

/** `TUS_FULL=1` has 200 slow clients of each kind in place of 20. */
const SLOW = process.env.TUS_FULL === '1' ? 200 : 20;
const SECOND = 1000;
const MB = 1024 * 1024;
const LINES = ['Tus-Resumable: 1.0.0', `Content-Type: ${OCTETS}`, 'Upload-Offset: 0'];

jest.setTimeout(60_000);

/** A client that announces a large body and hardly sends any of it. */
interface Slow {
  readonly upload: CreatedUpload;
  readonly connection: RawConnection;
}

/** Many slow clients at once. */
class Crowd {
  readonly trickling: Slow[] = [];
  readonly silent: Slow[] = [];
  /** They have sent half a head. */
  readonly headless: RawConnection[] = [];
  private timer?: NodeJS.Timeout;

  constructor(private readonly app: TestApp) {}

  /** Resolves once all of them are under way. */
  async gather(): Promise<void> {
    for (let number = 0; number < SLOW; number++) {
      // The first byte comes along, so that one is kept of whoever is sent away meanwhile.
      this.trickling.push(await this.begin('x'));
      this.silent.push(await this.begin(''));
      this.headless.push(await this.app.connect());
    }
    for (const connection of this.headless) await connection.write('PATCH /files HTTP/1.1\r\nHo');
    this.timer = setInterval(() => this.trickle(), SECOND);
    await eventually(async () => expect(await this.offsets()).not.toContain(0), 20_000);
  }

  leave(): void {
    clearInterval(this.timer);
    for (const { connection } of [...this.trickling, ...this.silent]) connection.destroy();
    for (const connection of this.headless) connection.destroy();
  }

  /** Offsets of the uploads that bytes come for. */
  offsets(): Promise<(number | undefined)[]> {
    const finds = this.trickling.map(({ upload }) => this.app.tus.find(upload.id));
    return Promise.all(finds).then((found) => found.map((each) => each?.offset));
  }

  private async begin(first: string): Promise<Slow> {
    const upload = await create(this.app, { length: 100 * MB });
    const connection = await this.app.connect();
    const length = `Content-Length: ${100 * MB}`;
    await connection.write(rawHead('PATCH', upload.path, [...LINES, length]) + first);
    return { upload, connection };
  }

  private trickle(): void {
    for (const { connection } of this.trickling) void connection.write('x');
  }
}

/** Uploads a file in chunks, and expects every answer to be as always. */
async function uploadInChunks(app: TestApp, seed: string): Promise<void> {
  const content = new SeededContent(seed, 3 * MB);
  const upload = await create(app, { length: content.length });
  for (let offset = 0; offset < content.length; offset += MB) {
    const body = content.bytes(offset, offset + MB);
    const response = await patch(app, upload, { offset, body });
    expect(response.status).toBe(204);
  }
  const stored = await storedBytes(app, upload);
  expect(createHash('sha256').update(stored).digest('hex')).toBe(content.sha256());
  expect((await app.finished.of(upload.id)).size).toBe(content.length);
}

describe.each(PLATFORMS)(`${SLOW} clients of each slow kind on %s`, (platform) => {
  it('leave normal uploads unharmed, and are served as slowly as they send', async () => {
    const app = await startApp({ platform });
    const crowd = new Crowd(app);
    await crowd.gather();

    await Promise.all(Array.from({ length: 5 }, (_, number) => uploadInChunks(app, `${number}`)));

    const before = await crowd.offsets();
    await eventually(async () => {
      const after = await crowd.offsets();
      after.forEach((offset, index) => expect(offset).toBeGreaterThan(before[index]!));
    }, 20_000);
    expect(app.logs.errors()).toEqual([]);
    crowd.leave();
    await app.close();
  });

  it('are sent away by minRate and idleTimeout, so they keep others out no longer', async () => {
    const tus = { maxAppends: 2 * SLOW, minRate: '1KB', idleTimeout: 3 };
    const app = await startApp({ platform, tus });
    const crowd = new Crowd(app);
    await crowd.gather();
    const slow = [...crowd.trickling, ...crowd.silent];

    await Promise.all(slow.map(({ connection }) => connection.closed));
    await uploadInChunks(app, 'after them');

    expect(await offsetOf(app, crowd.trickling[0]!.upload)).toBeGreaterThan(0);
    expect(await offsetOf(app, crowd.silent[0]!.upload)).toBe(0);
    crowd.leave();
    await app.close();
  });

  it('do not hold up the end of the app', async () => {
    const app = await startApp({ platform });
    const crowd = new Crowd(app);
    await crowd.gather();

    await app.nest.close();

    await Promise.all(
      [...crowd.trickling, ...crowd.silent].map(({ connection }) => connection.closed),
    );
    await Promise.all(crowd.headless.map((connection) => connection.closed));
    crowd.leave();
    await app.close();
  });
});
