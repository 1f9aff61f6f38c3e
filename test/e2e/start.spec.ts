import { EventEmitter, once } from 'node:events';
import { chmod, mkdir, readdir, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Injectable, type INestApplication } from '@nestjs/common';
import { LocalCluster } from '../../lib/cluster/local/index.js';
import {
  OnUploadFinished,
  TusModule,
  TusOptionError,
  type FinishedUpload,
} from '../../lib/index.js';
import {
  PLATFORMS,
  create,
  makeTempFolder,
  offsetOf,
  patch,
  removeTempFolder,
  startApp,
  uploadWhole,
} from '../support/index.js';
import type { TestApp } from '../support/index.js';
import { TestProcess } from '../support/test-process.js';

const CHILD = fileURLToPath(new URL('./start.child.js', import.meta.url));

let around: string;
beforeEach(async () => {
  around = await makeTempFolder();
});
afterEach(() => removeTempFolder(around));

const modeOf = async (...path: string[]): Promise<string> =>
  ((await stat(join(...path))).mode & 0o7777).toString(8);

describe.each(PLATFORMS)('An app that starts while the one before it ends, on %s', (platform) => {
  it('waits for its folder, and goes on with its uploads', async () => {
    const tmpFileDir = join(around, 'uploads');
    const first = await startApp({ platform, tmpFileDir });
    const upload = await create(first, { length: 10, body: 'hello' });

    const closing = first.close();
    const second = await startApp({ platform, tmpFileDir });
    const closingToo = second.close();
    const third = await startApp({ platform, tmpFileDir });

    await Promise.all([closing, closingToo]);
    expect(await offsetOf(third, upload)).toBe(5);
    expect((await patch(third, upload, { offset: 5, body: 'world' })).status).toBe(204);
    expect(await third.finished.of(upload.id)).toMatchObject({ size: 10 });
    await third.close();
  });
});

describe.each(PLATFORMS)('An app that is closed while it starts, on %s', (platform) => {
  it.each(['begins to open', 'has opened'])('leaves its folder free when it %s', async (when) => {
    const tmpFileDir = join(around, 'uploads');
    const open = LocalCluster.prototype.open;
    let closing: Promise<void> | undefined;
    let close: () => Promise<void>;
    const opening = jest.spyOn(LocalCluster.prototype, 'open').mockImplementation(async function (
      this: LocalCluster,
    ) {
      if (when === 'begins to open') closing = close();
      await open.call(this);
      closing ??= close();
    });
    const configure = (app: INestApplication) => void (close = () => app.close());
    // Fastify refuses to go on.
    await startApp({ platform, tmpFileDir, configure, listen: false }).catch(() => undefined);
    opening.mockRestore();
    await closing;

    const again = await startApp({ platform, tmpFileDir });
    await uploadWhole(again, 'hello');
    await again.close();
  });
});

describe('Two instances of an app', () => {
  const startTwo = (first: string, second: string): Promise<TestApp> =>
    startApp({
      platform: 'express',
      tus: false,
      imports: [
        TusModule.forRoot({ tmpFileDir: first }),
        TusModule.forRoot({ tmpFileDir: second, name: 'second', uploadPath: '/second' }),
      ],
      listen: false,
    });

  it.each([
    ['one folder under two names', 'link', 'Give each instance a folder of its own.'],
    ['a folder around the other by another name', 'disk/uploads', 'Give each instance a folder'],
    ['the ".tus" of the other', 'uploads/.tus', 'inside the ".tus"'],
    ['a folder inside the ".tus" of the other', 'link/.tus/second', 'inside the ".tus"'],
  ])('cannot have %s', async (_name, second, remedy) => {
    await mkdir(join(around, 'uploads'));
    await symlink(join(around, 'uploads'), join(around, 'link'));
    await symlink(around, join(around, 'disk'));

    const starting = startTwo(join(around, 'uploads'), join(around, second));

    await expect(starting).rejects.toThrow(TusOptionError);
    await expect(starting).rejects.toThrow(remedy);
  });

  it('may have one folder inside the other', async () => {
    const app = await startTwo(join(around, 'uploads'), join(around, 'uploads', 'second'));
    await app.close();
  });
});

describe.each(PLATFORMS)('Modes of files and folders on %s', (platform) => {
  it('are those that the options give', async () => {
    const tmpFileDir = join(around, 'uploads');
    const tus = { fileMode: '0640', directoryMode: 0o750 };
    const app = await startApp({ platform, tmpFileDir, tus });
    const upload = await create(app, { length: 5, body: 'h' });
    await patch(app, upload, { offset: 1, body: 'ello' });
    const moved = await app.tus.moveTo(upload.id, join(around, 'videos', '2026', 'film'));

    expect(await modeOf(moved)).toBe('640');
    expect(await modeOf(around, 'videos')).toBe('750');
    expect(await modeOf(around, 'videos', '2026')).toBe('750');
    expect(await modeOf(tmpFileDir)).toBe('750');
    await app.close();
  });

  it('are the same where an upload comes whole with its creation, before its handlers run', async () => {
    const calls = new EventEmitter();
    const called = once(calls, 'call');

    @Injectable()
    class Files {
      @OnUploadFinished()
      look({ path }: FinishedUpload): void {
        calls.emit('call', modeOf(path));
      }
    }

    const tmpFileDir = join(around, 'uploads');
    const tus = { fileMode: '0640' };
    const app = await startApp({ platform, tmpFileDir, tus, providers: [Files] });
    await create(app, { length: 5, body: 'hello' });

    const [mode] = await called;
    expect(await mode).toBe('640');
    await app.close();
  });

  it.each([{}, { fileMode: 0o666, directoryMode: 0o777 }])(
    'of what is known of uploads are for one user only, with %j',
    async (tus) => {
      const umask = process.umask(0);
      try {
        const tmpFileDir = join(around, 'uploads');
        const app = await startApp({ platform, tmpFileDir, tus });
        await uploadWhole(app, 'hello');

        expect(await modeOf(tmpFileDir, '.tus')).toBe('700');
        const names = await readdir(join(tmpFileDir, '.tus'), { recursive: true });
        expect(names.length).toBeGreaterThan(5);
        for (const name of names) {
          expect(`${name} ${await modeOf(tmpFileDir, '.tus', name)}`).toMatch(/ [67]00$/);
        }
        await app.close();
      } finally {
        process.umask(umask);
      }
    },
  );

  it('of what an earlier version has left are narrowed, which is told once', async () => {
    const tmpFileDir = join(around, 'uploads');
    const first = await startApp({ platform, tmpFileDir });
    const upload = await create(first, { length: 5, body: 'he' });
    await first.close();
    await chmod(join(tmpFileDir, '.tus'), 0o755);
    await chmod(join(tmpFileDir, '.tus', 'data.mdb'), 0o644);

    const second = await startApp({ platform, tmpFileDir });
    const told = second.logs.of('log').filter((line) => line.includes('other users'));
    expect(await offsetOf(second, upload)).toBe(2);
    await second.close();
    const third = await startApp({ platform, tmpFileDir });
    const toldAgain = third.logs.of('log').filter((line) => line.includes('other users'));
    await third.close();

    expect(told).toEqual([expect.stringContaining(join(tmpFileDir, '.tus'))]);
    expect(toldAgain).toEqual([]);
    expect(await modeOf(tmpFileDir, '.tus')).toBe('700');
    expect(await modeOf(tmpFileDir, '.tus', 'data.mdb')).toBe('600');
  });
});

describe('A start that fails for another reason than its folder', () => {
  /** Starts an app in a process of its own, after some code has run there. */
  async function startAfter(code: string): Promise<Record<string, string>> {
    const before = `data:text/javascript,${encodeURIComponent(code)}`;
    const nodeOptions = ['--import', before];
    const child = new TestProcess(CHILD, [join(around, 'uploads')], { nodeOptions });
    const outcome = await child.until(() => child.printed[0]);
    return JSON.parse(outcome) as Record<string, string>;
  }

  it('says what is missing where the compiled part of LMDB was left out', async () => {
    const error = await startAfter(`
      import Module from 'node:module';
      const resolve = Module._resolveFilename;
      Module._resolveFilename = (request, ...rest) => {
        if (!request.startsWith('@lmdb/')) return resolve(request, ...rest);
        throw Object.assign(new Error('Cannot find module'), { code: 'MODULE_NOT_FOUND' });
      };
    `);

    expect(error.name).toBe('LmdbUnavailableError');
    expect(error.message).toMatch(/"@lmdb\/lmdb-\w+-\w+": install without --omit=optional/);
    expect(error.message).not.toContain('tmpFileDir');
    expect(error.cause).toContain('No native build was found');
  });

  it('says so where the compiled part of LMDB is broken', async () => {
    const error = await startAfter(`
      process.dlopen = () => {
        throw Object.assign(new Error('invalid ELF header'), { code: 'ERR_DLOPEN_FAILED' });
      };
    `);

    expect(error.name).toBe('LmdbUnavailableError');
    expect(error.message).toContain('(invalid ELF header)');
  });

  it('passes on what was not foreseen, as it is', async () => {
    const error = await startAfter(`
      import fs from 'node:fs';
      import { syncBuiltinESMExports } from 'node:module';
      fs.promises.writeFile = () => Promise.reject(new TypeError('agent.start is not a function'));
      syncBuiltinESMExports();
    `);

    expect(error).toEqual({ name: 'TypeError', message: 'agent.start is not a function' });
  });
});
