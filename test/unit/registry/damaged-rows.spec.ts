import { join } from 'node:path';
import type { UploadRecord } from '../../../lib/registry/index.js';
import type { LmdbRegistry } from '../../../lib/registry/lmdb/index.js';
import { makeTempFolder, removeTempFolder } from '../../support/temp-folder.js';
import {
  asideOf,
  clearTable,
  damageOrder,
  damageRow,
  DAMAGED_VALUES,
  listeningRegistry,
} from './damaged-rows.js';
import { finishedUpload, uploadRecord } from './records.js';

const FOREVER = Number.MAX_SAFE_INTEGER;

/** Keys that are none, as bytes: what they are read as is a number, a text, `true`, and so on. */
const DAMAGED_KEYS = ['07', '08', '1700000000', '616263', 'ff', '00616263'];

describe('rows of the LMDB registry that cannot be read', () => {
  let parent: string;
  let folder: string;
  let registry: LmdbRegistry;
  let told: string[][];
  beforeEach(async () => {
    parent = await makeTempFolder();
    folder = join(parent, '.tus');
    ({ registry, told } = listeningRegistry(folder));
    await registry.open();
  });
  afterEach(async () => {
    await registry.close();
    await removeTempFolder(parent);
  });

  /** Closes the registry, has something done to its files, and opens it again. */
  async function after(...damages: (() => Promise<void>)[]): Promise<void> {
    await registry.close();
    for (const damage of damages) await damage();
    await registry.open();
  }

  async function threeUploads(told: Partial<UploadRecord> = {}): Promise<[string, string, string]> {
    const ids: string[] = [];
    for (const createdAt of [1, 2, 3]) {
      ids.push((await registry.create(uploadRecord({ ...told, createdAt }))).id);
    }
    return ids as [string, string, string];
  }

  const listed = async (owner?: string) =>
    (await registry.list({ owner })).items.map(({ id }) => id);
  const due = async () => (await registry.due(FOREVER, 64)).map(({ id }) => id).sort();

  describe('of an upload', () => {
    it.each(Object.entries(DAMAGED_VALUES))('are left out when there is %s', async (_, value) => {
      const [first, bad, last] = await threeUploads({ owner: 'ada' });
      await after(() => damageRow(folder, 'uploads', bad, value));

      expect(await listed()).toEqual([first, last]);
      expect(await listed('ada')).toEqual([first, last]);
      expect(await due()).toEqual([first, last].sort());
      expect(await registry.get(bad)).toBeUndefined();
      expect(await registry.get(first)).toMatchObject({ id: first });
    });

    it('are told of once, by their key, and kept aside as they are', async () => {
      const [first, bad, last] = await threeUploads();
      await after(() => damageRow(folder, 'uploads', bad, '{"id":'));
      for (let round = 0; round < 3; round++) expect(await listed()).toEqual([first, last]);
      await after();
      expect(await due()).toEqual([first, last].sort());
      await registry.close();

      expect(told).toEqual([[`uploads "${bad}"`]]);
      expect(await asideOf(folder)).toEqual([
        expect.objectContaining({
          table: 'uploads',
          value: Buffer.from('{"id":').toString('base64'),
        }),
      ]);
    });

    it('do not end a page early, however many there are', async () => {
      const ids: string[] = [];
      for (let createdAt = 0; createdAt < 200; createdAt++) {
        ids.push((await registry.create(uploadRecord({ createdAt, dueAt: createdAt }))).id);
      }
      const bad = ids.slice(0, 150);
      await after(...bad.map((id) => () => damageRow(folder, 'uploads', id)));

      expect((await registry.due(FOREVER, 10)).map(({ id }) => id)).toEqual(ids.slice(150, 160));
      expect(await listed()).toEqual(ids.slice(150));
      expect(told.flat()).toHaveLength(150);
    });

    it('are none to a change, which goes on', async () => {
      const [first, bad] = await threeUploads();
      await after(() => damageRow(folder, 'uploads', bad));
      const [changed, other] = await Promise.all([
        registry.change(bad, (record) => ({ record: { ...record, length: 5 } })),
        registry.change(first, (record) => ({ record: { ...record, length: 7 } })),
      ]);
      await registry.forget(bad, 1);

      expect(changed).toBeUndefined();
      expect(other).toMatchObject({ id: first, length: 7 });
      expect(told).toEqual([[`uploads "${bad}"`]]);
    });

    it('take no room any more: what others take is summed up without them', async () => {
      const [, bad] = await threeUploads({ owner: 'ada', length: 100 });
      await registry.create(uploadRecord({ length: 1 }));
      await after(() => damageRow(folder, 'uploads', bad));
      await listed();

      expect(await registry.usage('ada')).toMatchObject({
        own: { uploads: 2, bytes: 200 },
        all: { uploads: 3, bytes: 201 },
      });
    });

    it('are no others, whatever the case of their ids', async () => {
      const [bad] = await threeUploads();
      const given = await registry.create(uploadRecord({ id: 'Report-2024' }));
      await after(() => damageRow(folder, 'uploads', bad));
      await listed();

      expect(await registry.get('Report-2024')).toEqual(given);
      expect(told).toEqual([[`uploads "${bad}"`]]);
    });

    it('do not give their id to another one', async () => {
      const [, bad] = await threeUploads();
      await after(() => damageRow(folder, 'uploads', bad));

      await expect(registry.create(uploadRecord({ id: bad }))).rejects.toThrow('is taken');
    });
  });

  describe('of deliveries', () => {
    it.each(Object.entries(DAMAGED_VALUES))('are left out when there is %s', async (_, value) => {
      const id = await finishedUpload(
        registry,
        { handler: 'A#a' },
        { handler: 'B#b' },
        { handler: 'C#c' },
      );
      await after(() => damageRow(folder, 'deliveries', [id, 'B#b'], value));

      for (const query of [{}, { uploadId: id }, { state: 'waiting' as const }]) {
        const { items } = await registry.deliveries(query);
        expect(items.map(({ handler }) => handler)).toEqual(['A#a', 'C#c']);
      }
      expect(await registry.dueDeliveries(FOREVER, () => ({ limit: 10 }))).toHaveLength(2);
      expect(await registry.nextDeliveryAt()).toBeDefined();
      expect(told).toEqual([[`deliveries ${JSON.stringify(`${id}\0B#b`)}`]]);
    });

    it('do not keep those of a process that died from being released', async () => {
      const id = await finishedUpload(registry, { handler: 'A#a' }, { handler: 'B#b' });
      for (const handler of ['A#a', 'B#b']) {
        await registry.claimDelivery({ uploadId: id, handler }, 'gone', 1);
      }
      await after(() => damageRow(folder, 'deliveries', [id, 'A#a']));

      expect(await registry.releaseDeliveries(() => true, 7)).toBe(1);
      expect(await registry.dueDeliveries(7, () => ({ limit: 10 }))).toMatchObject([
        { handler: 'B#b' },
      ]);
      expect(
        await registry.claimDelivery({ uploadId: id, handler: 'A#a' }, 'me', 1),
      ).toBeUndefined();
    });

    it('do not keep their upload from being forgotten', async () => {
      const id = await finishedUpload(registry, { handler: 'A#a' }, { handler: 'B#b' });
      const { dueAt = 0 } = (await registry.get(id))!;
      await after(() => damageRow(folder, 'deliveries', [id, 'A#a']));
      await registry.forget(id, dueAt);

      expect(await registry.get(id)).toBeUndefined();
      expect((await registry.deliveries({})).items).toEqual([]);
    });
  });

  describe('of what uploads take', () => {
    it.each(Object.entries(DAMAGED_VALUES))(
      'are summed up anew when there is %s',
      async (_, value) => {
        await threeUploads({ owner: 'ada', length: 100 });
        await after(() => damageRow(folder, 'usage', '*', value));

        expect((await registry.usage('ada')).all).toMatchObject({ uploads: 3, bytes: 300 });
        expect(told).toEqual([['usage "*"']]);
      },
    );

    it('are summed up anew by a creation that meets them, which is counted once', async () => {
      await threeUploads({ owner: 'ada', length: 100 });
      await after(() => damageRow(folder, 'usage', '*'));
      await registry.create(uploadRecord({ owner: 'ada', length: 50 }));

      const { own, all } = await registry.usage('ada');
      expect([own.bytes, all.bytes]).toEqual([350, 350]);
      expect([own.uploads, all.uploads]).toEqual([4, 4]);
    });
  });

  describe('of an order', () => {
    it.each(DAMAGED_KEYS)('are left out (%s)', async (bytes) => {
      const ids = await threeUploads({ owner: 'ada' });
      const id = await finishedUpload(registry, { handler: 'A#a' });
      const orders = ['uploads-due', 'uploads-list', 'deliveries-order'];
      await after(
        ...orders.map((order) => () => damageOrder(folder, order, Buffer.from(bytes, 'hex'))),
      );

      expect(await listed()).toEqual(expect.arrayContaining([...ids, id]));
      expect(await due()).toEqual([...ids, id].sort());
      expect(await registry.dueDeliveries(FOREVER, () => ({ limit: 10 }))).toHaveLength(1);
      expect(await registry.releaseDeliveries(() => true, 1)).toBe(0);
      expect((await registry.deliveries({ state: 'dead' })).items).toEqual([]);
    });

    it('are told of once, and kept aside', async () => {
      await threeUploads();
      await after(() => damageOrder(folder, 'uploads-due', Buffer.from('07', 'hex')));
      await due();
      await after();
      await due();
      await registry.close();

      expect(told).toEqual([['uploads-due "\\u0007"']]);
      expect(await asideOf(folder)).toMatchObject([{ table: 'uploads-due' }]);
    });

    it('that lead to no row are gone afterwards, and said nothing of', async () => {
      const [first, bad, last] = await threeUploads();
      await after(() => damageRow(folder, 'uploads', bad));
      await listed();
      await after();

      expect(await due()).toEqual([first, last].sort());
      expect(told).toEqual([[`uploads "${bad}"`]]);
    });
  });

  it('of an order that was lost are made anew when it is opened', async () => {
    const id = await finishedUpload(registry, { handler: 'A#a' }, { handler: 'B#b' });
    await after(() => clearTable(folder, 'deliveries-order'));

    expect(await registry.dueDeliveries(FOREVER, () => ({ limit: 10 }))).toHaveLength(2);
    expect((await registry.deliveries({ state: 'waiting' })).items).toHaveLength(2);
    expect(await registry.get(id)).toBeDefined();
    expect(told).toEqual([]);
  });

  it('of every table at once are all seen to', async () => {
    const [first, bad, last] = await threeUploads({ owner: 'ada', length: 100 });
    const id = await finishedUpload(registry, { handler: 'A#a' }, { handler: 'B#b' });
    await after(
      () => damageRow(folder, 'uploads', bad),
      () => damageRow(folder, 'deliveries', [id, 'A#a']),
      () => damageRow(folder, 'usage', '*'),
      () => damageOrder(folder, 'uploads-list', Buffer.from('07', 'hex')),
    );

    expect(await listed('ada')).toEqual([first, last]);
    expect(await registry.dueDeliveries(FOREVER, () => ({ limit: 10 }))).toMatchObject([
      { handler: 'B#b' },
    ]);
    expect(await registry.usage('ada')).toMatchObject({ own: { bytes: 200 }, all: { uploads: 3 } });
    expect(told).toHaveLength(1);
    expect(told[0]).toHaveLength(4);
  });

  it('do not keep a table that was lost from being empty', async () => {
    await threeUploads();
    await after(() => clearTable(folder, 'uploads'));

    expect(await listed()).toEqual([]);
    expect(await due()).toEqual([]);
    expect(told).toEqual([]);
  });
});
