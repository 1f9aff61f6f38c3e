import { postgres } from '../../lib/backends/postgres/index.js';
import { PostgresServer } from '../support/postgres/postgres-server.js';
import {
  create,
  eventually,
  head,
  makeTempFolder,
  offsetOf,
  patch,
  removeTempFolder,
  startApp,
  storedBytes,
} from '../support/index.js';
import type { TestApp } from '../support/index.js';
import { watchUnhandledRejections } from '../support/process-watch.js';

const UPLOADS = 12;
const LENGTH = 60;

describe('A restart of the database under two apps', () => {
  let server: PostgresServer;
  let folder: string;
  const apps: TestApp[] = [];

  beforeAll(async () => {
    server = await PostgresServer.start();
    folder = await makeTempFolder();
    for (const platform of ['express', 'fastify'] as const) {
      const registry = postgres({ connectionString: server.url, max: 8 });
      apps.push(await startApp({ platform, tmpFileDir: folder, tus: { registry } }));
    }
  });

  afterAll(async () => {
    await Promise.all(apps.map((app) => app.close()));
    await server.remove();
    await removeTempFolder(folder);
  });

  it('is answered 503 with Retry-After, and loses nothing that was acknowledged', async () => {
    const watch = watchUnhandledRejections();
    const [one, other] = apps as [TestApp, TestApp];
    const statuses = new Set<number>();
    const retryAfter = new Set<unknown>();
    let sent = 0;

    /** Sends a byte at a time, to one app and the other by turns, as a client does that resumes. */
    async function send(index: number): Promise<string> {
      const upload = await create(one, { length: LENGTH });
      let acknowledged = 0;
      for (let round = index; acknowledged < LENGTH; round++) {
        const app = round % 2 ? one : other;
        const answer = await patch(app, upload, { offset: acknowledged, body: 'x' }).catch(
          () => undefined,
        );
        if (answer?.status === 503) retryAfter.add(answer.headers['retry-after']);
        if (answer?.status === 204) acknowledged += 1;
        else acknowledged = await resume(app, acknowledged, upload.path);
        statuses.add(answer?.status ?? 0);
        sent += 1;
      }
      expect(await storedBytes(one, upload)).toHaveLength(LENGTH);
      return upload.id;
    }

    async function resume(app: TestApp, acknowledged: number, path: string): Promise<number> {
      return eventually(async () => {
        const { status, headers } = await head(app, { path });
        statuses.add(status);
        expect(status).toBe(200);
        const offset = Number(headers['upload-offset']);
        if (offset < acknowledged) throw new Error(`${offset} of ${acknowledged} bytes are left.`);
        return offset;
      });
    }

    const sending = Promise.all(Array.from({ length: UPLOADS }, (_, index) => send(index)));
    for (const round of [1, 2]) {
      await eventually(() => expect(sent).toBeGreaterThan(round * UPLOADS * 4));
      await server.restart();
    }
    const ids = await sending;

    for (const id of ids) {
      await eventually(() => {
        expect(one.finished.countOf(id) + other.finished.countOf(id)).toBeGreaterThanOrEqual(1);
      });
      expect((await one.tus.find(id))?.state).toBe('finished');
    }
    expect(
      [...statuses].filter((status) => ![0, 200, 204, 503, 423, 409].includes(status)),
    ).toEqual([]);
    expect([...retryAfter]).not.toContain(undefined);
    expect(watch.reasons).toEqual([]);
    watch.stop();
  });

  it('that does not come back yet is answered 503 at once, and not taken for a missing upload', async () => {
    const upload = await create(apps[0]!, { length: 3, body: 'x' });
    await server.stop();

    for (const app of apps) {
      await eventually(async () => {
        const answer = await head(app, upload);
        // As clients take it that ask again.
        expect([answer.status, answer.headers['retry-after']]).toEqual([423, expect.any(String)]);
      });
      const sent = await patch(app, upload, { offset: 1, body: 'y' });
      expect([sent.status, sent.headers['retry-after']]).toEqual([503, expect.any(String)]);
    }
    await server.run();

    for (const app of apps) {
      await eventually(async () => expect(await offsetOf(app, upload)).toBe(1));
      const logged = app.logs.errors().filter((line) => line.includes('does not reach'));
      expect(logged.length).toBeGreaterThanOrEqual(1);
    }
    expect((await patch(apps[1]!, upload, { offset: 1, body: 'yz' })).status).toBe(204);
  });
});
