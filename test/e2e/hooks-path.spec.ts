import { BadRequestException, Injectable } from '@nestjs/common';
import { existsSync } from 'node:fs';
import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { BeforeUploadCreate, BeforeUploadFinish } from '../../lib/index.js';
import type { UploadChanges, UploadDraft } from '../../lib/index.js';
import type { UploadStorage } from '../../lib/storage/index.js';
import { TUS_STORAGE } from '../../lib/tus.constants.js';
import {
  PLATFORMS,
  create,
  eventually,
  head,
  listFiles,
  offsetOf,
  patch,
  post,
  startApp,
  terminate,
  useApp,
} from '../support/index.js';
import type { CreatedUpload, TestApp } from '../support/index.js';
import { useClock } from '../support/clock.js';

const HOUR = 3_600_000;

/** Gives every upload the path that its client asks for. */
@Injectable()
class Librarian {
  @BeforeUploadCreate()
  choose({ metadata: { path } }: UploadDraft): UploadChanges {
    return path === undefined ? {} : { path };
  }

  @BeforeUploadFinish({ when: ({ metadata }) => 'suspect' in metadata, quarantine: true })
  suspect(): void {
    throw new BadRequestException('Perhaps a virus.');
  }
}

/** Paths of all files but the registry's own. */
async function filesOf(app: TestApp): Promise<string[]> {
  return (await listFiles(app.tmpFileDir)).filter((file) => !file.startsWith('.tus'));
}

/** Sends a whole upload that is to lie at a path. */
async function place(
  app: TestApp,
  path: string,
  content: string,
  metadata: Record<string, string> = {},
): Promise<CreatedUpload> {
  return create(app, { length: content.length, body: content, metadata: { path, ...metadata } });
}

/** Waits until no delivery is owed of an upload: its client may terminate it then. */
async function delivered(app: TestApp, { id: uploadId }: CreatedUpload): Promise<void> {
  await eventually(async () => expect((await app.tus.deliveries({ uploadId })).items).toEqual([]));
}

describe.each(PLATFORMS)('a file with a path of its own on %s', (platform) => {
  const clock = useClock();
  let app: TestApp;
  beforeEach(async () => {
    app = await startApp({
      platform,
      providers: [Librarian],
      tus: {
        uploadValidDuration: '1h',
        download: true,
        cleanup: { every: false, finishedAfter: '30d', rememberFor: '20d' },
      },
    });
  });
  afterEach(() => app.close());

  /** Until what has gone is forgotten, and what is there has still some days. */
  async function cleanUpForWeeks(): Promise<void> {
    for (let pass = 0; pass < 4; pass++) {
      await app.tus.cleanup();
      clock.advance(7 * 24 * HOUR);
    }
  }

  it('lies at that path alone once it is finished, and every handler finds it there', async () => {
    const upload = await create(app, { length: 10, metadata: { path: 'ada/2024/a.txt' } });
    await patch(app, upload, { body: 'hello' });
    const half = await filesOf(app);
    await patch(app, upload, { offset: 5, body: 'world' });
    const { path } = await app.finished.of(upload.id);

    expect(half).toEqual([upload.id]);
    expect(path).toBe(join(app.tmpFileDir, 'ada', '2024', 'a.txt'));
    expect(await readFile(path, 'utf8')).toBe('helloworld');
    expect(await filesOf(app)).toEqual([join('ada', '2024', 'a.txt')]);
  });

  it('is what the service and downloads give', async () => {
    const upload = await place(app, 'ada/a.txt', 'hello world');
    const path = join(app.tmpFileDir, 'ada', 'a.txt');

    expect(await app.tus.getFilepath(upload.id)).toBe(path);
    expect((await app.tus.find(upload.id))?.path).toBe(path);
    expect(await text(await app.tus.createReadStream(upload.id, { start: 6 }))).toBe('world');
    expect((await app.request({ path: upload.path })).text).toBe('hello world');
    expect(await offsetOf(app, upload)).toBe(11);
  });

  it('may be empty', async () => {
    const { id } = await create(app, { length: 0, metadata: { path: 'empty.txt' } });

    expect((await app.finished.of(id)).size).toBe(0);
    expect(await filesOf(app)).toEqual(['empty.txt']);
  });

  it.each(['../outside.txt', '/etc/outside', '.tus/x', '', 'ada/'])(
    'is refused at %j, and nothing is left',
    async (path) => {
      const { status } = await post(app, { length: 5, body: 'hello', metadata: { path } });

      expect(status).toBe(500);
      expect(app.logs.errors()).toHaveLength(1);
      expect(app.logs.errors()[0]).toContain(JSON.stringify(path));
      expect(await filesOf(app)).toEqual([]);
      expect((await app.tus.list()).items).toEqual([]);
    },
  );

  it('stays under its id where another file lies, and that is logged', async () => {
    const first = await place(app, 'ada/a.txt', 'first');
    const second = await place(app, 'ada/a.txt', 'second');
    const { path } = await app.finished.of(second.id);

    expect(path).toBe(join(app.tmpFileDir, second.id));
    expect(await readFile(path, 'utf8')).toBe('second');
    expect(await readFile(await app.tus.getFilepath(first.id), 'utf8')).toBe('first');
    expect(app.logs.of('warn')).toEqual([
      expect.stringContaining(`Upload ${second.id}: there is another file at "ada/a.txt"`),
    ]);
  });

  it.each(['ada', 'ada/a.txt/below.txt'])('stays under its id where %j cannot be', async (path) => {
    await place(app, 'ada/a.txt', 'first');
    const second = await place(app, path, 'second');

    expect((await app.finished.of(second.id)).path).toBe(join(app.tmpFileDir, second.id));
    expect((await filesOf(app)).sort()).toEqual([join('ada', 'a.txt'), second.id].sort());
  });

  it('is moved away by moveTo()', async () => {
    const upload = await place(app, 'ada/a.txt', 'hello');
    const target = join(app.folder!, 'elsewhere', 'a.txt');
    await app.tus.moveTo(upload.id, target);

    expect(await readFile(target, 'utf8')).toBe('hello');
    expect(await filesOf(app)).toEqual([]);
    expect(await app.tus.getFilepath(upload.id)).toBe(target);
  });

  const REMOVALS: [string, (upload: CreatedUpload) => Promise<unknown>][] = [
    ['cleanupFile()', ({ id }) => app.tus.cleanupFile(id)],
    ['terminate()', ({ id }) => app.tus.terminate(id)],
    ['DELETE', (upload) => terminate(app, upload)],
    [
      'the cleanup',
      async () => {
        clock.advance(31 * 24 * HOUR);
        expect(await app.tus.cleanup()).toMatchObject({ removed: 1 });
      },
    ],
  ];

  it.each(REMOVALS)('goes by %s, and nothing else does', async (_name, remove) => {
    const upload = await place(app, 'ada/a.txt', 'hello');
    await delivered(app, upload);
    await remove(upload);

    expect(await filesOf(app)).toEqual([]);
    expect(existsSync(join(app.tmpFileDir, 'ada'))).toBe(true);
  });

  it.each(REMOVALS)(
    'that went by %s takes no file with it that another upload has there since',
    async (_name, remove) => {
      const first = await place(app, 'ada/a.txt', 'first');
      await delivered(app, first);
      await remove(first);
      const second = await place(app, 'ada/a.txt', 'second');
      await delivered(app, second);

      await cleanUpForWeeks();

      expect(await app.tus.find(first.id)).toBeUndefined();
      expect(await readFile(await app.tus.getFilepath(second.id), 'utf8')).toBe('second');
      expect(await filesOf(app)).toEqual([join('ada', 'a.txt')]);
    },
  );

  it('that was moved away takes no file with it that another upload has there since', async () => {
    const first = await place(app, 'ada/a.txt', 'first');
    await delivered(app, first);
    const moved = await app.tus.moveTo(first.id, join(app.folder!, 'moved.txt'));
    await place(app, 'ada/a.txt', 'second');
    await app.tus.cleanupFile(first.id);
    await terminate(app, first);
    await app.tus.cleanup();

    expect(await readFile(moved, 'utf8')).toBe('first');
    expect(await readFile(join(app.tmpFileDir, 'ada', 'a.txt'), 'utf8')).toBe('second');
  });

  it('that could not be placed takes no file with it that lies at its path', async () => {
    await place(app, 'ada/a.txt', 'first');
    const second = await place(app, 'ada/a.txt', 'second');
    await delivered(app, second);
    await terminate(app, second);
    await app.tus.cleanup();

    expect(await filesOf(app)).toEqual([join('ada', 'a.txt')]);
    expect(await readFile(join(app.tmpFileDir, 'ada', 'a.txt'), 'utf8')).toBe('first');
  });

  it.each<[string, (upload: CreatedUpload) => Promise<unknown>]>([
    [
      'expires',
      async () => {
        clock.advance(2 * HOUR);
        expect(await app.tus.cleanup()).toMatchObject({ expired: 1 });
      },
    ],
    ['is terminated', (upload) => terminate(app, upload)],
  ])(
    'of an unfinished upload that %s leaves the file that lies at its path',
    async (_name, end) => {
      const first = await place(app, 'ada/a.txt', 'first');
      await delivered(app, first);
      const second = await create(app, {
        length: 10,
        body: 'hello',
        metadata: { path: 'ada/a.txt' },
      });
      await end(second);
      await cleanUpForWeeks();

      expect(await filesOf(app)).toEqual([join('ada', 'a.txt')]);
      expect(await readFile(await app.tus.getFilepath(first.id), 'utf8')).toBe('first');
    },
  );

  it('is placed when its upload is released from quarantine, and not before', async () => {
    const upload = await create(app, {
      length: 5,
      metadata: { path: 'ada/a.txt', suspect: 'yes' },
    });
    await patch(app, upload, { body: 'hello' });
    const quarantined = await filesOf(app);
    await app.tus.release(upload.id);

    expect(quarantined).toEqual([upload.id]);
    expect(await filesOf(app)).toEqual([join('ada', 'a.txt')]);
    expect((await app.finished.of(upload.id)).path).toBe(join(app.tmpFileDir, 'ada', 'a.txt'));
  });

  it('of a quarantined upload that is terminated leaves the file that lies at its path', async () => {
    await place(app, 'ada/a.txt', 'first');
    const second = await create(app, {
      length: 5,
      metadata: { path: 'ada/a.txt', suspect: 'yes' },
    });
    await patch(app, second, { body: 'hello' });
    await app.tus.terminate(second.id);
    await app.tus.cleanup();

    expect(await filesOf(app)).toEqual([join('ada', 'a.txt')]);
  });

  it('is that of the whole, although its parts were given the same', async () => {
    const headers = { 'Upload-Concat': 'partial' };
    const metadata = { path: 'ada/a.txt' };
    const parts = [
      await create(app, { length: 5, body: 'hello', headers, metadata }),
      await create(app, { length: 5, body: 'world', headers, metadata }),
    ];
    const final = await create(app, {
      headers: {
        'Upload-Defer-Length': undefined,
        'Upload-Concat': `final;${parts.map(({ path }) => path).join(' ')}`,
      },
      metadata,
    });

    const { path } = await app.finished.of(final.id);
    expect(path).toBe(join(app.tmpFileDir, 'ada', 'a.txt'));
    expect(await readFile(path, 'utf8')).toBe('helloworld');
    expect(app.logs.of('warn')).toEqual([]);
  });

  it('is there for a client that comes back after a fault in placing it', async () => {
    const storage = app.nest.get<UploadStorage>(TUS_STORAGE, { strict: false });
    const failing = jest
      .spyOn(storage, 'finish')
      .mockRejectedValueOnce(Object.assign(new Error('EIO: broken disk'), { code: 'EIO' }));
    const upload = await create(app, { length: 5, metadata: { path: 'ada/a.txt' } });
    const failed = await patch(app, upload, { body: 'hello' });
    failing.mockRestore();
    const { headers } = await head(app, upload);

    expect(failed.status).toBe(500);
    expect(headers['upload-offset']).toBe('5');
    expect(await filesOf(app)).toEqual([join('ada', 'a.txt')]);
    expect(app.finished.countOf(upload.id)).toBeLessThanOrEqual(1);
    expect((await app.finished.of(upload.id)).attempt).toBe(1);
  });
});

describe.each(PLATFORMS)('the path of an upload that the server creates on %s', (platform) => {
  const app = useApp({ platform });

  it('is where its file lies', async () => {
    const { id, url } = await app().tus.create({ length: 5, path: 'reports/a.txt' });
    await patch(app(), { path: url }, { body: 'hello' });

    expect((await app().finished.of(id)).path).toBe(join(app().tmpFileDir, 'reports', 'a.txt'));
  });

  it('is refused outside of the folder', async () => {
    await expect(app().tus.create({ length: 5, path: '../a.txt' })).rejects.toThrow(RangeError);
  });
});

describe.each(PLATFORMS)('a path that the app has emptied by itself on %s', (platform) => {
  const app = useApp({ platform, providers: [Librarian] });

  it('is free for the next upload', async () => {
    const first = await place(app(), 'ada/a.txt', 'first');
    const { path } = await app().finished.of(first.id);
    await rename(path, join(app().folder!, 'taken.txt'));
    const second = await place(app(), 'ada/a.txt', 'second');

    expect((await app().finished.of(second.id)).path).toBe(path);
    expect(await readFile(path, 'utf8')).toBe('second');
  });
});
