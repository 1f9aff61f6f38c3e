import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Injectable } from '@nestjs/common';
import { BeforeUploadCreate } from '../../lib/index.js';
import type { UploadChanges } from '../../lib/index.js';
import type { UploadRecord, UploadRegistry } from '../../lib/registry/index.js';
import type { UploadStorage } from '../../lib/storage/index.js';
import { TUS_REGISTRY, TUS_STORAGE } from '../../lib/tus.constants.js';
import {
  create,
  eventually,
  head,
  listFiles,
  offsetOf,
  patch,
  PLATFORMS,
  terminate,
  uploadWhole,
  useApp,
} from '../support/index.js';
import type { CreatedUpload, TestApp } from '../support/index.js';

/** Puts bytes where a process that died before it removed them would have left them. */
function leaveBytes(app: TestApp, id: string): Promise<void> {
  return writeFile(join(app.tmpFileDir, id), 'left');
}

describe.each(PLATFORMS)('Bytes that a killed process did not come to remove (%s)', (platform) => {
  const app = useApp({ platform, tus: { uploadValidDuration: '1h', cleanup: { every: false } } });

  it('are removed by the next pass after a termination, which stays known', async () => {
    const upload = await create(app(), { length: 8 });
    await patch(app(), upload, { body: 'half' });
    await terminate(app(), upload);
    await leaveBytes(app(), upload.id);

    await app().tus.cleanup();

    expect(await listFiles(app().tmpFileDir)).not.toContain(upload.id);
    expect((await head(app(), upload)).status).toBe(410);
  });

  it('are removed by the next pass after a file was handled, which stays known', async () => {
    const upload = await uploadWhole(app(), 'whole');
    await app().finished.of(upload.id);
    await app().tus.cleanupFile(upload.id);
    await leaveBytes(app(), upload.id);

    await app().tus.cleanup();

    expect(await listFiles(app().tmpFileDir)).not.toContain(upload.id);
    expect(await offsetOf(app(), upload)).toBe(5);
  });
});

describe.each(PLATFORMS)('Bytes of an expired upload (%s)', (platform) => {
  const app = useApp({ platform, tus: { uploadValidDuration: '1ms', cleanup: { every: false } } });

  it('are removed by the next pass when they could not be at once', async () => {
    const storage = app().nest.get<UploadStorage>(TUS_STORAGE, { strict: false });
    const upload = await create(app(), { length: 8, body: 'half' });
    jest.spyOn(storage, 'remove').mockRejectedValueOnce(new Error('Not now.'));
    while ((await app().tus.find(upload.id))?.state === 'receiving') await app().tus.cleanup();

    await app().tus.cleanup();

    expect(await listFiles(app().tmpFileDir)).not.toContain(upload.id);
    expect((await head(app(), upload)).status).toBe(410);
  });
});

/** Gives all uploads the same path. */
@Injectable()
class OnePath {
  @BeforeUploadCreate()
  choose(): UploadChanges {
    return { path: 'avatars/42.png' };
  }
}

describe.each(PLATFORMS)('A path whose file was half removed (%s)', (platform) => {
  const app = useApp({ platform, providers: [OnePath], tus: { cleanup: { every: false } } });

  const REMOVALS: [string, (upload: CreatedUpload) => Promise<unknown>][] = [
    ['DELETE', (upload) => terminate(app(), upload)],
    [
      'cleanupFile()',
      ({ id }) =>
        app()
          .tus.cleanupFile(id)
          .catch(() => undefined),
    ],
  ];

  async function place(content: string): Promise<CreatedUpload> {
    const upload = await create(app(), { length: content.length, body: content });
    await app().finished.of(upload.id);
    await eventually(async () =>
      expect((await app().tus.deliveries({ uploadId: upload.id })).items).toEqual([]),
    );
    return upload;
  }

  /** Breaks removals off where the record is to forget the path, as a death does. */
  async function dieBeforeForgetting(remove: () => Promise<unknown>): Promise<void> {
    const registry = app().nest.get<UploadRegistry>(TUS_REGISTRY, { strict: false });
    const change = registry.change.bind(registry);
    const dying = jest.spyOn(registry, 'change').mockImplementation((id, decide) =>
      change(id, (record, usages) => {
        const decided = decide(record, usages);
        const forgets = record.stored !== undefined && decided?.record.stored === undefined;
        if (decided && forgets) throw new Error('Died.');
        return decided;
      }),
    );
    await remove();
    dying.mockRestore();
  }

  it.each(REMOVALS)(
    'by %s keeps the file that another upload has there since',
    async (_, remove) => {
      const first = await place('first');
      await dieBeforeForgetting(() => remove(first));
      const second = await place('second');
      const path = await app().tus.getFilepath(second.id);

      await app().tus.cleanup();

      expect(path).toBe(join(app().tmpFileDir, 'avatars', '42.png'));
      expect(await readFile(path, 'utf8')).toBe('second');
      const files = (await listFiles(app().tmpFileDir)).filter((file) => !file.startsWith('.tus'));
      expect(files).toEqual([join('avatars', '42.png')]);
      await terminate(app(), second);
    },
  );
});

describe.each(PLATFORMS)('A path whose file was half moved (%s)', (platform) => {
  const app = useApp({ platform, providers: [OnePath], tus: { cleanup: { every: false } } });
  const placed = () => join(app().tmpFileDir, 'avatars', '42.png');
  const target = (name: string) => join(app().tmpFileDir, 'moved', name);

  /** Lets the records of uploads forget no place, and name no other, as a death does. */
  async function dieOnce(
    dies: (before: UploadRecord, after: UploadRecord) => boolean,
    work: () => Promise<unknown>,
  ) {
    const registry = app().nest.get<UploadRegistry>(TUS_REGISTRY, { strict: false });
    const change = registry.change.bind(registry);
    let isDead = false;
    const dying = jest.spyOn(registry, 'change').mockImplementation((id, decide) =>
      change(id, (record, usages) => {
        const decided = decide(record, usages);
        isDead ||= decided !== undefined && dies(record, decided.record);
        if (isDead) throw new Error('Died.');
        return decided;
      }),
    );
    await expect(work()).rejects.toThrow('Died.');
    dying.mockRestore();
  }

  async function place(content: string): Promise<string> {
    const { id } = await create(app(), { length: content.length, body: content });
    await app().finished.of(id);
    await eventually(async () =>
      expect((await app().tus.deliveries({ uploadId: id })).items).toEqual([]),
    );
    return id;
  }

  const read = async (id: string) => text(await app().tus.createReadStream(id));

  describe.each<[string, (before: UploadRecord, after: UploadRecord) => boolean]>([
    [
      'before its record forgets the path',
      (before, { stored }) => before.stored !== undefined && stored === undefined,
    ],
    ['before its record says so', (_before, { movedTo }) => movedTo !== undefined],
  ])('%s', (_, dies) => {
    let first: string;
    let second: string;
    beforeEach(async () => {
      first = await place('first');
      await dieOnce(dies, () => app().tus.moveTo(first, target(first)));
      second = await place('2nd');
    });
    afterEach(() => app().tus.cleanupFile(second));

    it('is read from where it is, and not from there', async () => {
      expect(await app().tus.getFilepath(second)).toBe(placed());
      expect(await app().tus.getFilepath(first)).toBe(target(first));
      expect(await read(first)).toBe('first');
    });

    it('is moved on, and the file that another upload has there since stays', async () => {
      expect(await app().tus.moveTo(first, target(first))).toBe(target(first));
      await app().tus.cleanup();
      expect(await readFile(target(first), 'utf8')).toBe('first');
      expect(await readFile(placed(), 'utf8')).toBe('2nd');
      const names = (await listFiles(app().tmpFileDir)).filter((name) => name.includes(first));
      expect(names).toEqual([join('moved', first)]);
    });

    it.each(['cleanupFile', 'terminate'] as const)(
      'goes by %s(), and that one stays',
      async (end) => {
        await app().tus[end](first);
        await app().tus.cleanup();
        expect(await readFile(placed(), 'utf8')).toBe('2nd');
        expect(await read(second)).toBe('2nd');
      },
    );
  });
});
