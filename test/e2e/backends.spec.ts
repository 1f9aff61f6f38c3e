import { access, mkdir, rename, rm } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { TusModule } from '../../lib/index.js';
import { eventually } from '../support/eventually.js';
import { Memory } from '../support/memory-backend.js';
import { PLATFORMS } from '../support/platforms.js';
import { startApp, type TestApp, type TusOptions } from '../support/test-app.js';
import { create, head, offsetOf, patch, terminate, uploadWhole } from '../support/tus-client.js';
import { makeTempFolder, removeTempFolder } from '../support/temp-folder.js';

const isThere = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

describe.each(PLATFORMS)(
  'an instance with a registry and a storage of its own on %s',
  (platform) => {
    let memory: Memory;
    let app: TestApp;
    const start = (tus: TusOptions = {}) =>
      startApp({ platform, tus: { registry: memory.registry, storage: memory.storage, ...tus } });
    beforeEach(async () => {
      memory = new Memory();
      app = await start();
    });
    afterEach(() => app.close());

    it('takes uploads, hands them to handlers, and makes no folder', async () => {
      const upload = await uploadWhole(app, 'hello');
      const finished = await app.finished.of(upload.id);

      expect(finished).toMatchObject({ size: 5, path: `memory:${upload.id}` });
      expect(finished.storage).toEqual({ type: 'memory', path: `memory:${upload.id}` });
      expect(await text(await app.tus.createReadStream(upload.id))).toBe('hello');
      expect(await isThere(app.tmpFileDir)).toBe(false);
    });

    it('resumes what an app before it was sent, and opens and closes once each', async () => {
      const upload = await create(app, { length: 10 });
      await patch(app, upload, { body: 'hello' });
      await app.close();
      expect([memory.opened, memory.closed]).toEqual([1, 1]);

      app = await start();
      expect(await offsetOf(app, upload)).toBe(5);
      const answer = await patch(app, upload, { offset: 5, body: 'world' });
      expect(answer.headers['upload-offset']).toBe('10');
      await app.finished.of(upload.id);
      expect(await text(await app.tus.createReadStream(upload.id))).toBe('helloworld');
    });

    it('concatenates, moves, cleans up and terminates there', async () => {
      const headers = { 'Upload-Concat': 'partial' };
      const parts = [
        await create(app, { length: 5, body: 'hello', headers }),
        await create(app, { length: 5, body: 'world', headers }),
      ];
      const final = await create(app, {
        headers: {
          'Upload-Concat': `final;${parts.map(({ path }) => path).join(' ')}`,
          'Upload-Defer-Length': undefined,
        },
      });
      await app.finished.of(final.id);
      expect(await app.tus.moveTo(final.id, 'elsewhere')).toBe('elsewhere');
      expect(await text(await app.tus.createReadStream(final.id))).toBe('helloworld');
      expect((await head(app, final)).headers['upload-offset']).toBe('10');

      const gone = await uploadWhole(app, 'gone');
      await app.finished.of(gone.id);
      await app.tus.cleanupFile(gone.id);
      for (const part of parts) expect((await terminate(app, part)).status).toBe(204);
      expect(memory.held).toBe(1);
    });

    it('says where the file is that has no path', async () => {
      const { id } = await uploadWhole(app, 'hello');
      await app.finished.of(id);
      await expect(app.tus.getFilepath(id)).rejects.toThrow(
        `it is no file on this machine but memory:${id} (memory)`,
      );
    });

    it('does not start where room is to be kept on a disk that it has not', async () => {
      const refused = start({ reserveDisk: true });
      await expect(refused).rejects.toThrow(/reserveDisk.*true.*no files on a disk/s);
      expect(memory.closed).toBe(1);
    });

    it('does not start where downloads are to be sent to a storage without URLs', async () => {
      const refused = start({ download: { redirect: '5m' } });
      await expect(refused).rejects.toThrow(/download\.redirect.*300.*no URLs/s);
      expect(memory.closed).toBe(1);
    });
  },
);

describe('an instance with one of both of its own', () => {
  let memory: Memory;
  let folder: string;
  beforeEach(async () => {
    memory = new Memory();
    folder = await makeTempFolder();
  });
  afterEach(() => removeTempFolder(folder));

  it.each([['registry'], ['storage']] as const)(
    'that is the %s keeps the other one in its folder',
    async (option) => {
      const app = await startApp({ platform: 'express', tus: { [option]: memory[option] } });
      const upload = await uploadWhole(app, 'hello');
      const { path } = await app.finished.of(upload.id);
      expect(await isThere(path)).toBe(option === 'registry');
      expect(await isThere(`${app.tmpFileDir}/.tus/data.mdb`)).toBe(option === 'storage');
      await app.close();
    },
  );

  const instance = (isOwn: boolean, options: TusOptions) =>
    TusModule.forRoot({
      tmpFileDir: folder,
      ...(isOwn && { registry: new Memory().registry }),
      ...options,
    });

  it.each([
    ['both', true, true],
    ['the first', true, false],
    ['the second', false, true],
  ])(
    'is no other one’s neighbour in a folder, where %s has a registry elsewhere',
    async (...of) => {
      const imports = [
        instance(of[1], {}),
        instance(of[2], { name: 'second', uploadPath: '/second' }),
      ];
      const starting = startApp({ platform: 'express', tus: false, imports, listen: false });
      await expect(starting.then((app) => app.close())).rejects.toThrow(
        /tmpFileDir.*Give each instance a folder of its own/s,
      );
      const again = [instance(of[1], {})];
      const app = await startApp({
        platform: 'express',
        tus: false,
        imports: again,
        listen: false,
      });
      await app.close();
    },
  );

  it('acknowledges nothing in a folder that was removed, and that is not there again', async () => {
    const { registry } = memory;
    const app = await startApp({ platform: 'express', tus: { registry } });
    const upload = await create(app, { length: 10, body: 'hello' });
    await rename(app.tmpFileDir, `${app.tmpFileDir}.away`);
    await mkdir(app.tmpFileDir);
    expect((await head(app, upload)).status).toBe(423);
    expect((await patch(app, upload, { offset: 5, body: 'world' })).status).toBe(503);

    await rm(app.tmpFileDir, { recursive: true });
    await rename(`${app.tmpFileDir}.away`, app.tmpFileDir);
    await eventually(async () => expect(await offsetOf(app, upload)).toBe(5));
    await app.close();
  });

  it.each([
    ['registry', undefined],
    ['registry', {}],
    ['storage', undefined],
    ['storage', null],
  ])('refuses a %s whose create() returns %p', async (option, made) => {
    const tus = { [option]: { create: () => made } } as unknown as TusOptions;
    await expect(startApp({ platform: 'express', tus })).rejects.toThrow(
      new RegExp(`option "${option}".*what its create\\(\\) has made`, 's'),
    );
  });

  it.each(['registry', 'storage'])('refuses a %s that makes nothing', async (option) => {
    const tus = { [option]: 'postgres' } as TusOptions;
    await expect(startApp({ platform: 'express', tus })).rejects.toThrow(
      new RegExp(`${option}.*'postgres'.*create\\(\\)`, 's'),
    );
  });
});
