import { postgres } from '../../lib/backends/postgres/index.js';
import { useTestSchema } from '../support/postgres/test-database.js';
import {
  create,
  eventually,
  makeTempFolder,
  patch,
  PLATFORMS,
  removeTempFolder,
  startApp,
  useApp,
} from '../support/index.js';
import type { TestApp } from '../support/index.js';
import { SlowPatch } from '../support/slow-patch.js';

describe.each(PLATFORMS)('processes() on %s', (platform) => {
  describe('of one that is alone', () => {
    const app = useApp({ platform });

    it('tells of this one only: its stats, and bytes as they come', async () => {
      const upload = await create(app(), { length: 10 });
      await patch(app(), upload, { offset: 0, body: 'abc' });
      const slow = await SlowPatch.begin(app(), upload, 7, 3);
      await slow.write('hello');

      await eventually(async () => {
        const [own, ...others] = await app().tus.processes();
        expect(others).toEqual([]);
        expect(own).toMatchObject({ isThis: true, report: { pid: process.pid } });
        const { appends, throughput, stats } = own!.report!;
        expect(appends).toEqual([
          { uploadId: upload.id, since: expect.any(Date), offset: 8, bytes: 5 },
        ]);
        expect(stats.appends.running).toBe(1);
        expect(throughput.bytes.reduce((all, bytes) => all + bytes)).toBe(8);
      });

      await slow.write('xy');
      await slow.response();
      const [{ report }] = await app().tus.processes();
      expect(report?.appends).toEqual([]);
    });
  });

  describe('of several', () => {
    const schema = useTestSchema();
    let folder: string;
    const apps: TestApp[] = [];

    const start = async () => {
      const registry = postgres({ ...schema().options, max: 4 });
      const app = await startApp({ platform, tmpFileDir: folder, tus: { registry } });
      apps.push(app);
      return app;
    };

    beforeAll(async () => {
      folder = await makeTempFolder();
    });

    afterAll(async () => {
      await Promise.all(apps.map((app) => app.close()));
      await removeTempFolder(folder);
    });

    it('tells of each what it does, until it has ended', async () => {
      const [one, other] = [await start(), await start()];
      const upload = await create(other, { length: 10 });
      const slow = await SlowPatch.begin(other, upload, 10);
      await slow.write('hello');

      await eventually(async () => {
        const [own, theirs] = await one.tus.processes();
        expect(own).toMatchObject({ isThis: true, report: { appends: [] } });
        expect(theirs).toMatchObject({
          isThis: false,
          report: {
            stats: { since: expect.any(Date), uploads: { created: 1 } },
            appends: [{ uploadId: upload.id, since: expect.any(Date), offset: 5, bytes: 5 }],
            throughput: { until: expect.any(Date) },
          },
        });
      });

      await other.close();
      await slow.response().catch(() => undefined);
      await eventually(async () => expect(await one.tus.processes()).toHaveLength(1));
    });
  });
});

describe.each(PLATFORMS)('stats() of the last passes on %s', (platform) => {
  const app = useApp({ platform, tus: { cleanup: { every: false, finishedAfter: '1h' } } });

  it('tell of cleanup and recovery', async () => {
    await eventually(() =>
      expect(app().tus.stats().recovery).toEqual({
        endedAt: expect.any(Date),
        counts: { finished: 0, cut: 0, halfBuilt: 0, setAside: 0, removed: 0 },
      }),
    );
    expect(app().tus.stats().cleanup).toBeUndefined();

    await app().tus.cleanup();

    expect(app().tus.stats().cleanup).toEqual({
      endedAt: expect.any(Date),
      counts: { expired: 0, removed: 0, forgotten: 0 },
    });
  });
});
