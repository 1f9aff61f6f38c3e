import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  create,
  eventually,
  head,
  offsetOf,
  patch,
  PLATFORMS,
  post,
  SeededContent,
  terminate,
} from '../../support/index.js';
import type { CreatedUpload, PlatformName } from '../../support/index.js';
import type { TusOptions } from '../../support/test-app.js';
import { untilDelivered } from '../servers/journal.js';
import { KillableServer } from '../servers/killable-server.js';
import { settingsIn } from '../servers/server-settings.js';
import { HeldDisk, type HeldDiskKind } from './held-disk.js';

const KB = 1024;
const FULL = 'is full, or its quota is reached';

/** What is to go, and makes room for all that is tried afterwards. */
const LARGE = new SeededContent('large', 2 * KB * KB);
const SMALL = new SeededContent('small', 30 * KB);

/** A server that is killed and started again on one disk. */
class Restarted {
  private constructor(
    readonly disk: HeldDisk,
    private readonly platform: PlatformName,
    public server: KillableServer,
  ) {}

  static async start(
    kind: HeldDiskKind,
    platform: PlatformName,
    tus?: TusOptions,
  ): Promise<Restarted> {
    const disk = (await HeldDisk.mount(kind))!;
    return new Restarted(disk, platform, await startOn(disk, platform, tus));
  }

  /** Kills the server, and starts it on a disk that is full. */
  async restartFull(tus?: TusOptions, isBrokenOff = false): Promise<void> {
    await this.server.kill();
    if (isBrokenOff) await this.breakOff();
    await this.disk.fill();
    this.server = await startOn(this.disk, this.platform, tus);
  }

  /** Resolves once most of the reserve is there again, which some file systems have no room for at once. */
  async reserveIsBack(): Promise<void> {
    const folder = this.disk.inside('uploads', '.tus', 'reserve');
    await eventually(async () => {
      expect((await readdir(folder)).length).toBeGreaterThan(4);
    }, 40_000);
  }

  /** Starts another one on the same folder. */
  startAnother(): Promise<KillableServer> {
    return startOn(this.disk, this.platform);
  }

  async delivered({ id }: Pick<CreatedUpload, 'id'>): Promise<void> {
    await untilDelivered(settingsOn(this.disk, this.platform).journal, [id]);
  }

  async stop(): Promise<void> {
    await this.server.kill();
    await this.disk.unmount();
  }

  /** Frees what a start that breaks off half-way frees, which others take then. */
  private async breakOff(): Promise<void> {
    const own = this.disk.inside('uploads', '.tus');
    const claims = (await readdir(own)).filter((name) => name.startsWith('claims-'));
    await Promise.all(claims.map((name) => rm(join(own, name), { recursive: true })));
  }
}

function settingsOn(disk: HeldDisk, platform: PlatformName, tus?: TusOptions) {
  const settings = settingsIn(disk.beside, platform, { download: true, ...tus });
  return { ...settings, tmpFileDir: join(disk.path, 'uploads') };
}

function startOn(
  disk: HeldDisk,
  platform: PlatformName,
  tus?: TusOptions,
): Promise<KillableServer> {
  return KillableServer.start(settingsOn(disk, platform, tus), { prefix: disk.prefix });
}

async function canMount(kind: HeldDiskKind): Promise<boolean> {
  const disk = await HeldDisk.mount(kind);
  await disk?.unmount();
  return disk !== undefined;
}

const all = ['tmpfs', 'tmpfs of few files', 'ext4', 'btrfs'] as const;
const kinds: HeldDiskKind[] = [];
for (const kind of all) if (await canMount(kind)) kinds.push(kind);

/** To what a file system does differently it makes no difference which platform asks. */
const cases = kinds.flatMap((kind, index) =>
  PLATFORMS.filter((_, turn) => turn === index % 2).map(([platform]) => [kind, platform] as const),
);

if (cases.length > 0) {
  describe.each(cases)('A full disk (%s) with %s', (kind, platform) => {
    let app: Restarted;
    let unfinished: CreatedUpload;
    let finished: CreatedUpload;
    let large: CreatedUpload;

    beforeAll(async () => {
      app = await Restarted.start(kind, platform);
      const { server } = app;
      const body = SMALL.bytes(0, 20 * KB);
      unfinished = await create(server, { length: SMALL.length, body });
      finished = await create(server, { length: SMALL.length, body: SMALL.bytes() });
      large = await create(server, { length: LARGE.length, body: LARGE.bytes() });
      await app.delivered(finished);
      await app.delivered(large);
      await app.restartFull(undefined, kind !== 'tmpfs of few files');
    });
    afterAll(() => app.stop());

    it('lets the app start, which is told in one line', () => {
      expect(app.server.errorOutput.split(FULL)).toHaveLength(2);
    });

    it('lets the app tell where uploads stand, and serve what there is', async () => {
      const { server } = app;
      expect((await server.request({ method: 'OPTIONS', path: '/files' })).status).toBe(204);
      expect(await offsetOf(server, unfinished)).toBe(20 * KB);
      expect(await offsetOf(server, finished)).toBe(SMALL.length);
      const { status, text } = await server.request({ path: finished.path });
      expect([status, text]).toEqual([200, SMALL.bytes().toString()]);
    });

    it('makes it refuse what needs room with 507', async () => {
      const body = LARGE.bytes();
      expect((await post(app.server, { length: body.length, body })).status).toBe(507);
    });

    it('lets the app start once more, and beside another process', async () => {
      await app.reserveIsBack();
      await app.restartFull();
      await app.reserveIsBack();
      const another = await app.startAnother();
      for (const server of [another, app.server]) {
        expect(await offsetOf(server, unfinished)).toBe(20 * KB);
        expect(await offsetOf(server, finished)).toBe(SMALL.length);
      }
      expect((await terminate(another, finished)).status).toBe(204);
      expect((await head(app.server, finished)).status).toBe(410);
      await another.kill();
    });

    it('has room again for others when an upload is deleted', async () => {
      expect((await terminate(app.server, large)).status).toBe(204);
      expect((await head(app.server, large)).status).toBe(410);

      const body = SMALL.bytes();
      const created = await eventually(() => create(app.server, { length: body.length, body }));
      expect(await offsetOf(app.server, created)).toBe(SMALL.length);
      await app.delivered(created);
    });

    it('lets everything go on once others make room', async () => {
      await app.disk.empty();

      const offset = 20 * KB;
      const body = SMALL.bytes(offset);
      expect((await patch(app.server, unfinished, { offset, body })).status).toBe(204);
      await app.delivered(unfinished);
    });
  });
}

if (kinds.includes('tmpfs')) {
  const finishing = { cleanup: { every: '1s', finishedAfter: '1s' } };
  const expiring = { cleanup: { every: '1s' }, uploadValidDuration: '1s' };

  it.each([
    ['finished uploads', 'express', LARGE.length, finishing],
    ['unfinished uploads', 'fastify', LARGE.length + 1, expiring],
  ] as const)(
    'A disk full of %s is freed by the cleanup (%s)',
    async (_what, platform, length, tus) => {
      // When they are to go is noted as they come.
      const coming = { ...tus, cleanup: { ...tus.cleanup, every: false as const } };
      const app = await Restarted.start('tmpfs', platform, coming);
      const body = LARGE.bytes();
      const filling = () => post(app.server, { length, body });
      const ids: string[] = [];
      for (let made = await filling(); made.status === 201; made = await filling()) {
        ids.push(made.headers.location!.slice(-32));
      }
      if (length === body.length) for (const id of ids) await app.delivered({ id });

      await app.restartFull(tus);

      await eventually(async () => expect((await filling()).status).toBe(201), 30_000);
      await app.stop();
    },
  );
}
