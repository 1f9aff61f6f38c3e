import type { UploadQuery, UploadRecord, UploadState } from '../../../lib/registry/index.js';
import { allPages, uploadRecord } from '../../unit/registry/records.js';
import type { RegistryBench } from './registry.contract.js';

const STATES: readonly UploadState[] = ['receiving', 'finished', 'terminated', 'expired'];

/** Owners that a careless key would take for one another. */
const OWNERS = [
  '',
  'a',
  'ab',
  'a\0b',
  '*',
  '\u0001',
  'é'.repeat(200),
  'x'.repeat(512),
  `${'x'.repeat(64)}\0y`,
  'x'.repeat(64),
];

/** What a registry promises of listing uploads. */
export function describeListings(bench: RegistryBench): void {
  describe('listing uploads', () => {
    it('groups them by state, oldest first in each', async () => {
      const created = [30, 10, 20].flatMap((createdAt) =>
        STATES.map((state) => uploadRecord({ state, createdAt })),
      );
      await createAll(created);

      const { items } = await bench.registry.list({});
      expect(items).toHaveLength(created.length);
      const groups = items.map(({ state }) => state).filter((it, i, all) => it !== all[i - 1]);
      expect([...groups].sort()).toEqual([...STATES].sort());
      for (const state of STATES) {
        const group = items.filter((item) => item.state === state);
        expect(group.map(({ createdAt }) => createdAt)).toEqual([10, 20, 30]);
      }
    });

    it('tells those of one state only when asked for them', async () => {
      await createAll(STATES.map((state) => uploadRecord({ state })));
      for (const state of STATES) {
        const { items, cursor } = await bench.registry.list({ state });
        expect(items.map((item) => item.state)).toEqual([state]);
        expect(cursor).toBeUndefined();
      }
    });

    it('moves an upload to the group of its new state', async () => {
      const record = uploadRecord({ owner: 'ann' });
      await bench.registry.create(record);
      await bench.registry.change(record.id, (it) => ({ record: { ...it, state: 'expired' } }));
      for (const owner of [undefined, 'ann']) {
        expect(await ids({ owner, state: 'receiving' })).toEqual([]);
        expect(await ids({ owner, state: 'expired' })).toEqual([record.id]);
        expect(await ids({ owner })).toEqual([record.id]);
      }
    });

    it('tells an owner of the owner’s uploads only, whatever the owner is called', async () => {
      const records = OWNERS.map((owner) => uploadRecord({ owner }));
      await createAll([...records, uploadRecord()]);
      for (const { owner, id } of records) {
        expect(await ids({ owner })).toEqual([id]);
        expect(await ids({ owner, state: 'receiving' })).toEqual([id]);
      }
      expect(await ids({})).toHaveLength(records.length + 1);
    });

    it('follows an upload to another owner', async () => {
      const record = uploadRecord({ owner: 'ann' });
      await bench.registry.create(record);
      await bench.registry.change(record.id, (it) => ({ record: { ...it, owner: 'bob' } }));
      expect(await ids({ owner: 'ann' })).toEqual([]);
      expect(await ids({ owner: 'bob' })).toEqual([record.id]);
    });

    it('tells all of them once, page after page', async () => {
      const created = Array.from({ length: 25 }, (_, i) =>
        uploadRecord({ state: STATES[i % 4], createdAt: i >> 1, owner: i % 5 ? 'ann' : 'bob' }),
      );
      await createAll(created);
      const queries: UploadQuery[] = [{}, { owner: 'ann' }, { state: 'finished' }];
      for (const query of queries) {
        const whole = await ids({ ...query, limit: 1000 });
        for (const limit of [1, 4, 5, 25]) {
          const paged = await allPages((cursor) =>
            bench.registry.list({ ...query, cursor, limit }),
          );
          expect(paged.items.map(({ id }) => id)).toEqual(whole);
          expect(paged.pages).toBe(Math.ceil(whole.length / limit));
        }
      }
    });

    it('tells all of them the other way round, page after page', async () => {
      const created = Array.from({ length: 25 }, (_, i) =>
        uploadRecord({ state: STATES[i % 4], createdAt: i >> 1, owner: i % 5 ? 'ann' : 'bob' }),
      );
      await createAll(created);
      const queries: UploadQuery[] = [{}, { owner: 'ann' }, { state: 'finished' }];
      for (const query of queries) {
        const whole = await ids({ ...query, limit: 1000 });
        for (const limit of [1, 4, 5, 25]) {
          const paged = await allPages((cursor) =>
            bench.registry.list({ ...query, newestFirst: true, cursor, limit }),
          );
          expect(paged.items.map(({ id }) => id)).toEqual([...whole].reverse());
          expect(paged.pages).toBe(Math.ceil(whole.length / limit));
        }
      }
    });

    it('gives 100 on a page unless told', async () => {
      await createAll(Array.from({ length: 101 }, () => uploadRecord()));
      const page = await bench.registry.list({});
      expect(page.items).toHaveLength(100);
      expect((await bench.registry.list({ cursor: page.cursor })).items).toHaveLength(1);
    });

    it('goes on from a cursor whose upload has gone, and tells of those that have come', async () => {
      const records = [1, 2, 3, 4].map((createdAt) => uploadRecord({ createdAt, dueAt: 9 }));
      await createAll(records);
      const page = await bench.registry.list({ limit: 2 });
      await bench.registry.forget(records[1].id, 9);
      await bench.registry.forget(records[2].id, 9);
      const late = uploadRecord({ createdAt: 5 });
      await createAll([uploadRecord({ createdAt: 0 }), late]);
      const rest = await ids({ cursor: page.cursor });
      expect(rest).toEqual([records[3].id, late.id]);
    });

    it('skips none that stays and tells none twice, while others come and go', async () => {
      const other = await bench.another();
      const staying = Array.from({ length: 30 }, (_, i) => uploadRecord({ createdAt: i >> 2 }));
      await createAll(staying);
      const paging = allPages((cursor) => bench.registry.list({ cursor, limit: 4 }));
      const churning = Promise.all(
        Array.from({ length: 30 }, async (_, i) => {
          const record = uploadRecord({ createdAt: i >> 2, dueAt: 9 });
          await other.create(record);
          await other.forget(record.id, 9);
        }),
      );
      const [{ items }] = await Promise.all([paging, churning]);

      const told = items.map(({ id }) => id);
      expect(told).toEqual(expect.arrayContaining(staying.map(({ id }) => id)));
      expect(new Set(told).size).toBe(told.length);
    });

    it('makes cursors that may stand in a URL', async () => {
      await createAll([uploadRecord({ owner: 'ä&?=/+' }), uploadRecord({ owner: 'ä&?=/+' })]);
      const { cursor } = await bench.registry.list({ owner: 'ä&?=/+', limit: 1 });
      expect(cursor).toMatch(/^[A-Za-z0-9_-]+$/);
    });

    it('refuses what is no cursor of the listing', async () => {
      await createAll([uploadRecord(), uploadRecord()]);
      const { cursor } = await bench.registry.list({ limit: 1 });
      const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
      for (const wrong of [
        '',
        'x',
        '%%%',
        encode(null),
        encode(['receiving', 'x', 1]),
        encode([]),
      ]) {
        await expect(bench.registry.list({ cursor: wrong })).rejects.toThrow(RangeError);
      }
      await expect(bench.registry.list({ state: 'expired', cursor })).rejects.toThrow(RangeError);
    });

    it('refuses a limit that is not a positive whole number', async () => {
      for (const limit of [0, -1, 1.5, Number.NaN]) {
        await expect(bench.registry.list({ limit })).rejects.toThrow(RangeError);
      }
    });
  });

  describe('uploads that came to nothing', () => {
    const endAll = async (told: Partial<UploadRecord>, times: readonly number[]) => {
      const made: string[] = [];
      for (const endedAt of times) {
        const record = uploadRecord({ ...told, endedAt, createdAt: 5 });
        await bench.registry.create({ ...record, state: 'receiving', endedAt: undefined });
        await bench.registry.change(record.id, () => ({ record }));
        made.push(record.id);
      }
      return made;
    };
    const before = async (last: number, owner?: string) =>
      (await bench.registry.endedBefore(last, owner)).map(({ id }) => id);

    it('are told by owner, oldest first, but for the last ones', async () => {
      const ann = await endAll({ state: 'terminated', owner: 'ann' }, [4, 1, 3, 2]);
      const none = await endAll({ state: 'expired', owner: undefined }, [1, 2]);
      await endAll({ state: 'finished', owner: 'ann' }, [1, 2]);
      await endAll({ state: 'quarantined', owner: 'ann' }, [1, 2]);

      expect(await before(1, 'ann')).toEqual([ann[1], ann[3], ann[2]]);
      expect(await before(3, 'ann')).toEqual([ann[1]]);
      expect(await before(4, 'ann')).toEqual([]);
      expect(await before(100, 'ann')).toEqual([]);
      expect(await before(0, undefined)).toEqual(none);
      expect(await before(0, 'bob')).toEqual([]);
    });

    it('are told of no longer, once they are forgotten', async () => {
      const [first, second] = await endAll({ state: 'expired', dueAt: 9 }, [1, 2]);
      await bench.registry.forget(first!, 9);

      expect(await before(0)).toEqual([second]);
    });

    it('are told of once, whatever else is noted of them', async () => {
      const [first] = await endAll({ state: 'terminated' }, [1]);
      await bench.registry.change(first!, (record) => ({ record: { ...record, dueAt: 70 } }));
      await bench.registry.change(first!, (record) => ({ record: { ...record, endedAt: 2 } }));

      expect(await before(0)).toEqual([first]);
    });
  });

  async function createAll(records: readonly UploadRecord[]): Promise<void> {
    await Promise.all(records.map((record) => bench.registry.create(record)));
  }

  async function ids(query: UploadQuery): Promise<string[]> {
    return (await bench.registry.list(query)).items.map(({ id }) => id);
  }
}
