import { BadRequestException, Injectable } from '@nestjs/common';
import { execFileSync } from 'node:child_process';
import {
  appendFile,
  link,
  lstat,
  mkdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { BeforeUploadCreate, BeforeUploadFinish, FileChangedError } from '../../lib/index.js';
import type { CompleteUpload, UploadChanges, UploadDraft } from '../../lib/index.js';
import {
  PLATFORMS,
  create,
  eventually,
  expectRefused,
  head,
  listFiles,
  offsetOf,
  patch,
  post,
  startApp,
  storedBytes,
  terminate,
  uploadWhole,
} from '../support/index.js';
import type { CreatedUpload, TestApp } from '../support/index.js';
import { useClock } from '../support/clock.js';
import { SlowPatch } from '../support/slow-patch.js';

const DAY = 86_400_000;

/** A file of somebody else's. */
const PRECIOUS = 'precious data';

/** What something else does with the file at a path; beside it is a precious one. */
type Change = (path: string, precious: string) => Promise<unknown>;

/** Something else lies there now. */
const REPLACED: [string, Change][] = [
  [
    'a symbolic link to a file',
    async (path, precious) => {
      await rm(path);
      await symlink(precious, path);
    },
  ],
  [
    'a symbolic link to what was its file',
    async (path) => {
      await rename(path, `${path}.real`);
      await symlink(`${path}.real`, path);
    },
  ],
  [
    'a symbolic link to nowhere',
    async (path) => {
      await rm(path);
      await symlink('nowhere', path);
    },
  ],
  [
    'a folder',
    async (path) => {
      await rm(path);
      await mkdir(path);
    },
  ],
  [
    'a pipe that nobody reads or writes',
    async (path) => {
      await rm(path);
      execFileSync('mkfifo', [path]);
    },
  ],
];

/** It is a regular file, but another one, or not as it was. */
const ALTERED: [string, Change][] = [
  [
    'another file',
    async (path) => {
      await writeFile(`${path}.new`, 'other');
      await rename(`${path}.new`, path);
    },
  ],
  [
    'another file, while its own has gone elsewhere',
    async (path) => {
      await rename(path, `${path}.real`);
      await writeFile(path, 'other');
    },
  ],
  [
    'another name of another file',
    async (path, precious) => {
      await rm(path);
      await link(precious, path);
    },
  ],
  ['nothing', (path) => rm(path)],
  ['a file that was cut off', (path) => truncate(path, 2)],
  ['a file that was emptied', (path) => truncate(path, 0)],
  ['a file that something else has written to', (path) => appendFile(path, 'and more')],
];

/** Places files where their clients say, and lets a test change them when all bytes are there. */
@Injectable()
class Librarian {
  change: (upload: CompleteUpload) => unknown = () => undefined;

  @BeforeUploadCreate()
  choose({ metadata: { path } }: UploadDraft): UploadChanges {
    return path === undefined ? {} : { path };
  }

  @BeforeUploadFinish({ when: ({ metadata }) => 'asked' in metadata })
  async decide(upload: CompleteUpload): Promise<void> {
    await this.change(upload);
  }

  @BeforeUploadFinish({ when: ({ metadata }) => 'suspect' in metadata, quarantine: true })
  suspect(): void {
    throw new BadRequestException('Perhaps a virus.');
  }
}

describe.each(PLATFORMS)('a file that something else has changed, on %s', (platform) => {
  const clock = useClock();
  let app: TestApp;
  let precious: string;
  beforeAll(async () => {
    app = await startApp({
      platform,
      tus: { download: true, cleanup: { every: false } },
      providers: [Librarian],
    });
    precious = join(app.folder!, 'precious');
  });
  afterAll(() => app.close());
  beforeEach(() => writeFile(precious, PRECIOUS));
  // Whatever happens, nobody else's file is touched.
  afterEach(async () => expect(await readFile(precious, 'utf8')).toBe(PRECIOUS));

  const pathOf = ({ id }: CreatedUpload) => join(app.tmpFileDir, id);
  const failures = ({ id }: CreatedUpload) => app.logs.errors().filter((line) => line.includes(id));
  const renewals = ({ id }: CreatedUpload) =>
    app.logs.of('warn').filter((line) => line.startsWith(`Upload ${id} begins anew`));

  async function stored(upload: CreatedUpload, bytes: string): Promise<void> {
    await eventually(async () => expect((await storedBytes(app, upload)).toString()).toBe(bytes));
  }

  async function delivered({ id: uploadId }: CreatedUpload): Promise<void> {
    await eventually(async () =>
      expect((await app.tus.deliveries({ uploadId })).items).toEqual([]),
    );
  }

  /** Its client sends all of it again, and this time it is what is delivered. */
  async function succeeds(upload: CreatedUpload, content: string): Promise<void> {
    expect(await offsetOf(app, upload)).toBe(0);
    expect(app.finished.countOf(upload.id)).toBe(0);
    expect((await patch(app, upload, { body: content })).status).toBe(204);
    const { path } = await app.finished.of(upload.id);
    expect((await lstat(path)).isFile()).toBe(true);
    expect(await readFile(path, 'utf8')).toBe(content);
  }

  describe('while bytes come', () => {
    it.each([...REPLACED, ...ALTERED])('to %s: nothing is acknowledged', async (_, change) => {
      const upload = await create(app, { length: 10 });
      const sending = await SlowPatch.begin(app, upload, 10);
      await sending.write('hello');
      await stored(upload, 'hello');
      await change(pathOf(upload), precious);
      await sending.write('world');

      expectRefused(await sending.response(), 500);

      expect(failures(upload)).toHaveLength(1);
      await succeeds(upload, 'helloworld');
      expect(failures(upload)).toHaveLength(1);
    });

    it.each([...REPLACED, ...ALTERED])(
      'to %s: of bytes that come bit by bit nothing is acknowledged',
      async (_, change) => {
        const upload = await create(app, { length: 20 });
        const sending = await SlowPatch.begin(app, upload, 10);
        await sending.write('hello');
        await stored(upload, 'hello');
        await change(pathOf(upload), precious);
        await sending.write('world');

        expectRefused(await sending.response(), 500);

        await succeeds(upload, 'hello, wonderful you');
      },
    );

    it('a request that takes over finds that out', async () => {
      const upload = await create(app, { length: 10 });
      const sending = await SlowPatch.begin(app, upload, 10);
      await sending.write('hello');
      await stored(upload, 'hello');
      await writeFile(`${pathOf(upload)}.new`, 'other');
      await rename(`${pathOf(upload)}.new`, pathOf(upload));

      expect(await offsetOf(app, upload)).toBe(0);

      await succeeds(upload, 'helloworld');
    });

    it('an upload that is being made comes to nothing', async () => {
      const connection = await app.connect();
      const before = await listFiles(app.tmpFileDir);
      await connection.write(
        'POST /files HTTP/1.1\r\nHost: x\r\nTus-Resumable: 1.0.0\r\nUpload-Length: 10\r\n' +
          'Content-Type: application/offset+octet-stream\r\nContent-Length: 10\r\n\r\nhello',
      );
      const name = await eventually(async () => {
        const [added] = (await listFiles(app.tmpFileDir)).filter((file) => !before.includes(file));
        expect(added).toBeDefined();
        return added!;
      });
      await rm(join(app.tmpFileDir, name));
      await connection.write('world');

      expectRefused(await connection.response(), 500);
      expect((await app.tus.find(name))?.state).toBe('terminated');
    });
  });

  describe('between two requests', () => {
    it.each([
      ...REPLACED,
      ['a file that is too long', (path: string) => writeFile(path, 'all that, and more')],
    ] as [string, Change][])('to %s: the upload begins anew', async (_, change) => {
      const upload = await create(app, { length: 10, body: 'hello' });
      await change(pathOf(upload), precious);
      const there = await lstat(pathOf(upload));

      expect(await app.tus.find(upload.id)).toMatchObject({ state: 'receiving', offset: 0 });
      const listed = (await app.tus.list({ state: 'receiving' })).items;
      expect(listed.find(({ id }) => id === upload.id)?.offset).toBe(0);
      expect((await patch(app, upload, { offset: 5, body: 'world' })).status).toBe(409);

      const [, place = ''] = /is in (.*) now;/.exec(renewals(upload)[0] ?? '') ?? [];
      expect(place).toContain(join(app.tmpFileDir, '.tus', 'lost', upload.id));
      expect((await lstat(place)).ino).toBe(there.ino);
      await succeeds(upload, 'helloworld');
      expect(renewals(upload)).toHaveLength(1);
      expect(failures(upload)).toEqual([]);
    });

    it.each([
      ['goes on', { offset: 5, body: 'world' }, 204],
      [
        'is cut back',
        {
          offset: 5,
          body: 'world',
          headers: { 'Upload-Checksum': `sha1 ${Buffer.alloc(20).toString('base64')}` },
        },
        460,
      ],
    ])('to one with another name, it %s, and that keeps what it had', async (_, sent, status) => {
      const upload = await create(app, { length: 10, body: 'hello' });
      const backup = join(app.folder!, `backup-${upload.id}`);
      await link(pathOf(upload), backup);

      expect((await patch(app, upload, sent)).status).toBe(status);

      expect(await readFile(backup, 'utf8')).toBe('hello');
      const offset = status === 204 ? 10 : 5;
      expect(await offsetOf(app, upload)).toBe(offset);
      expect((await lstat(backup)).nlink).toBe(1);
      expect(failures(upload)).toEqual([]);
    });

    it('to another name of another file: nothing is written to that', async () => {
      const upload = await create(app, { length: 100, body: 'hello' });
      await rm(pathOf(upload));
      await link(precious, pathOf(upload));

      const offset = await offsetOf(app, upload);
      await patch(app, upload, { offset, body: 'more' });

      expect((await lstat(pathOf(upload))).ino).not.toBe((await lstat(precious)).ino);
      expect((await storedBytes(app, upload)).toString()).toBe(`${PRECIOUS}more`);
    });

    it('twice: nothing that was put aside is lost', async () => {
      const upload = await create(app, { length: 10, body: 'hello' });
      await writeFile(pathOf(upload), 'the first that is too long');
      expect(await offsetOf(app, upload)).toBe(0);
      await writeFile(pathOf(upload), 'the second that is too long');
      expect(await offsetOf(app, upload)).toBe(0);

      const lost = join(app.tmpFileDir, '.tus', 'lost');
      const names = (await listFiles(lost)).filter((name) => name.startsWith(upload.id));
      const contents = names.map((name) => readFile(join(lost, name), 'utf8'));
      expect((await Promise.all(contents)).sort()).toEqual([
        'the first that is too long',
        'the second that is too long',
      ]);
    });

    it('to one without all its bytes: its client goes on from there', async () => {
      const upload = await create(app, { length: 10, body: 'hello' });
      await truncate(pathOf(upload), 3);

      expect((await patch(app, upload, { offset: 5, body: 'world' })).status).toBe(409);
      expect(await offsetOf(app, upload)).toBe(3);
    });

    it.each(REPLACED)('to %s: it can be terminated, and cleaned up', async (_, change) => {
      const terminated = await create(app, { length: 10, body: 'hello' });
      const expired = await create(app, { length: 10, body: 'hello' });
      for (const upload of [terminated, expired]) await change(pathOf(upload), precious);

      expect((await terminate(app, terminated)).status).toBe(204);
      clock.advance(2 * DAY);
      await app.tus.cleanup();

      expect((await head(app, expired)).status).toBe(410);
      expect((await head(app, terminated)).status).toBe(410);
      expect([...failures(expired), ...failures(terminated)]).toEqual([]);
    });
  });

  describe('between the last byte and the finish', () => {
    it.each([...REPLACED, ...ALTERED])('to %s: it is not finished', async (_, change) => {
      const upload = await create(app, { length: 10, metadata: { asked: '' } });
      app.nest.get(Librarian).change = ({ path }) => change(path, precious);

      expectRefused(await patch(app, upload, { body: 'helloworld' }), 500);

      expect(failures(upload)).toHaveLength(1);
      app.nest.get(Librarian).change = () => undefined;
      await succeeds(upload, 'helloworld');
    });

    it.each([...REPLACED, ['nothing', (path: string) => rm(path)]] as [string, Change][])(
      'to %s: it is not released from quarantine',
      async (_, change) => {
        const upload = await create(app, { length: 10, metadata: { suspect: '' } });
        await patch(app, upload, { body: 'helloworld' });
        await change(pathOf(upload), precious);

        await expect(app.tus.release(upload.id)).rejects.toThrow(FileChangedError);

        expect((await app.tus.find(upload.id))?.state).toBe('quarantined');
        expect(app.finished.countOf(upload.id)).toBe(0);
      },
    );
  });

  describe('once the upload is finished', () => {
    it.each(REPLACED)('to %s: it is not served, nor moved', async (_, change) => {
      const upload = await uploadWhole(app, 'all of it');
      const { path } = await app.finished.of(upload.id);
      await delivered(upload);
      await change(path, precious);

      const download = await app.request({ path: upload.path });

      expectRefused(download, 500);
      expect(download.text).toBe('The file is not what was uploaded.\n');
      await expect(app.tus.createReadStream(upload.id)).rejects.toThrow(FileChangedError);
      const target = join(app.folder!, `moved-${upload.id}`);
      await expect(app.tus.moveTo(upload.id, target)).rejects.toThrow(FileChangedError);
      await expect(lstat(target)).rejects.toMatchObject({ code: 'ENOENT' });
      expect(await offsetOf(app, upload)).toBe(9);
    });

    it('a symbolic link of the application’s own, where it was moved to, is followed', async () => {
      const upload = await uploadWhole(app, 'all of it');
      const path = await app.tus.moveTo(upload.id, join(app.folder!, 'mine'));
      await rename(path, `${path}.real`);
      await symlink(`${path}.real`, path);

      expect((await app.request({ path: upload.path })).text).toBe('all of it');
    });

    it('where it has a path of its own: a link there goes, and not what it leads to', async () => {
      const body = 'all of it';
      const metadata = { path: 'albums/one' };
      const upload = await create(app, { length: body.length, body, metadata });
      const { path } = await app.finished.of(upload.id);
      await delivered(upload);
      await rm(path);
      await symlink(precious, path);
      expect(await readlink(path)).toBe(precious);

      expectRefused(await app.request({ path: upload.path }), 500);
      expect((await terminate(app, upload)).status).toBe(204);

      await expect(lstat(path)).rejects.toMatchObject({ code: 'ENOENT' });
    });

    it.each([...REPLACED, ...ALTERED.filter(([name]) => !name.startsWith('another'))])(
      'to %s: nothing is made of it as a part',
      async (_, change) => {
        const headers = { 'Upload-Concat': 'partial' };
        const [one, two] = [
          await create(app, { length: 5, body: 'hello', headers }),
          await create(app, { length: 5, body: 'world', headers }),
        ];
        await change(pathOf(two), precious);
        const concat = `final;${one.path} ${two.path}`;
        const concatenated = () =>
          post(app, { headers: { 'Upload-Concat': concat, 'Upload-Defer-Length': undefined } });

        const told = app.finished.count;

        expectRefused(await concatenated(), 500);

        expect(failures(two)).toHaveLength(1);
        expect(app.finished.count).toBe(told);
      },
    );
  });
});
