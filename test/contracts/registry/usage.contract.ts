import type { UploadRecord, Usages } from '../../../lib/registry/index.js';
import { uploadRecord } from '../../unit/registry/records.js';
import type { RegistryBench } from './registry.contract.js';

const NOTHING = { uploads: 0, unfinished: 0, bytes: 0, pending: 0 };

class FullError extends Error {}

/** Admits an upload as long as its owner has fewer than so many. */
function atMost(uploads: number, record: UploadRecord): (usages: Usages) => UploadRecord {
  return ({ own }) => {
    if (own.uploads >= uploads) throw new FullError();
    return record;
  };
}

/** What a registry promises of what uploads take. */
export function describeUsage(bench: RegistryBench): void {
  describe('what uploads take', () => {
    it('is nothing where there are none', async () => {
      expect(await bench.registry.usage('ann')).toEqual({ own: NOTHING, all: NOTHING });
      expect(await bench.registry.usage(undefined)).toEqual({ own: NOTHING, all: NOTHING });
    });

    it('is told of an owner, of those without one, and of all', async () => {
      await create({ owner: 'ann', length: 100 }, { owner: 'ann', length: 20 });
      await create({ owner: 'bob', length: 3 }, { length: 4000 });

      const all = { uploads: 4, unfinished: 4, bytes: 4123, pending: 4123 };
      expect(await bench.registry.usage('ann')).toEqual({
        own: { uploads: 2, unfinished: 2, bytes: 120, pending: 120 },
        all,
      });
      expect(await bench.registry.usage(undefined)).toEqual({
        own: { uploads: 1, unfinished: 1, bytes: 4000, pending: 4000 },
        all,
      });
      expect((await bench.registry.usage('')).own).toEqual(NOTHING);
    });

    it('is told of large uploads to the byte', async () => {
      await create({ length: 2 ** 52 }, { length: 2 ** 52 - 1 });
      expect((await bench.registry.usage(undefined)).own.bytes).toBe(Number.MAX_SAFE_INTEGER);
    });

    it('counts a deferred length as the most that there may be', async () => {
      await create({ length: undefined, maxSize: 70 }, { length: undefined });
      expect((await bench.registry.usage(undefined)).own).toEqual({
        uploads: 2,
        unfinished: 2,
        bytes: 70,
        pending: 70,
      });
    });

    it.each<[string, Partial<UploadRecord>, number]>([
      ['one that is finished, whose file is there', { state: 'finished' }, 10],
      ['one in quarantine', { state: 'quarantined' }, 10],
      ['none that was moved away', { state: 'finished', movedTo: '/a' }, 0],
      ['none whose file was removed', { state: 'finished', fileRemovedAt: 5 }, 0],
      ['none in quarantine whose file was removed', { state: 'quarantined', fileRemovedAt: 5 }, 0],
      ['none that was terminated', { state: 'terminated' }, 0],
      ['none that has expired', { state: 'expired' }, 0],
    ])('counts %s', async (_, told, bytes) => {
      const [record] = await create({ owner: 'ann', length: 10 });
      await bench.registry.change(record!.id, (it) => ({ record: { ...it, ...told } }));

      const uploads = bytes === 0 ? 0 : 1;
      const usage = { uploads, unfinished: 0, bytes, pending: 0 };
      expect(await bench.registry.usage('ann')).toEqual({ own: usage, all: usage });
    });

    it('goes with an upload that is forgotten, and over to another owner', async () => {
      const [first, second] = await create({ owner: 'ann', dueAt: 1 }, { owner: 'ann', length: 7 });
      await bench.registry.forget(first!.id, 1);
      await bench.registry.change(second!.id, (it) => ({ record: { ...it, owner: 'bob' } }));

      expect((await bench.registry.usage('ann')).own).toEqual(NOTHING);
      expect((await bench.registry.usage('bob')).own).toMatchObject({ uploads: 1, bytes: 7 });
    });
  });

  describe('a creation that is to be admitted', () => {
    it('is told what others take, without itself, and stored as it was admitted', async () => {
      await create({ owner: 'ann', length: 5 }, { length: 6 });
      const record = uploadRecord({ owner: 'ann' });
      let told: Usages | undefined;
      const stored = await bench.registry.create(record, ({ own, all }) => {
        told = { own, all };
        return { ...record, maxSize: 12 };
      });

      expect(told).toMatchObject({ own: { uploads: 1, bytes: 5 }, all: { uploads: 2, bytes: 11 } });
      expect(stored).toEqual({ ...record, maxSize: 12 });
      expect(await bench.registry.get(record.id)).toEqual(stored);
    });

    it('passes on what refuses it, and nothing is stored', async () => {
      const record = uploadRecord({ owner: 'ann' });
      await expect(bench.registry.create(record, atMost(0, record))).rejects.toThrow(FullError);
      expect(await bench.registry.get(record.id)).toBeUndefined();
      expect((await bench.registry.usage('ann')).own).toEqual(NOTHING);
    });

    it('is refused when the id is taken', async () => {
      const [record] = await create({});
      const again = bench.registry.create(record!, atMost(5, { ...record!, length: 1 }));
      await expect(again).rejects.toThrow('is taken');
      expect(await bench.registry.get(record!.id)).toEqual(record);
    });

    it.each([
      ['an owner', 'ann'],
      ['no owner', undefined],
    ])('never passes a quota together with others of %s, in two registries', async (_, owner) => {
      const other = await bench.another();
      const results = await Promise.allSettled(
        Array.from({ length: 20 }, (_none, index) => {
          const record = uploadRecord({ owner });
          const registry = index % 2 === 0 ? bench.registry : other;
          return registry.create(record, atMost(3, record));
        }),
      );

      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
      const reasons = results.flatMap((it) => (it.status === 'rejected' ? [it.reason] : []));
      expect(reasons.every((reason) => reason instanceof FullError)).toBe(true);
      expect((await bench.registry.usage(owner)).own.uploads).toBe(3);
    });

    it('never passes what there is for all, together with those of other owners', async () => {
      const other = await bench.another();
      const room = 35;
      const results = await Promise.allSettled(
        Array.from({ length: 20 }, (_none, index) => {
          const record = uploadRecord({ owner: `owner ${index}`, length: 10 });
          const registry = index % 2 === 0 ? bench.registry : other;
          return registry.create(record, ({ all }) => {
            if (all.pending + 10 > room) throw new FullError();
            return record;
          });
        }),
      );

      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
      expect((await bench.registry.usage(undefined)).all.pending).toBe(30);
    });
  });

  describe('a change that depends on what uploads take', () => {
    it('is told what all take, itself included', async () => {
      const [record] = await create({ owner: 'ann', length: 5 }, { owner: 'bob', length: 6 });
      let told: Usages | undefined;
      const changed = await bench.registry.change(record!.id, (it, usages) => {
        const { own, all } = usages();
        told = { own, all };
        return { record: { ...it, length: 8 } };
      });

      expect(changed).toEqual({ ...record, length: 8 });
      expect(told).toMatchObject({ own: { bytes: 5 }, all: { bytes: 11 } });
      expect((await bench.registry.usage('ann')).own.bytes).toBe(8);
    });

    it('never takes, together with others, what there is for one of them', async () => {
      const other = await bench.another();
      const records = await create(...Array.from({ length: 10 }, () => ({ length: 0 })));
      const results = await Promise.allSettled(
        records.map(({ id }, index) =>
          (index % 2 === 0 ? bench.registry : other).change(id, (it, usages) => {
            if (usages().all.pending > 0) throw new FullError();
            return { record: { ...it, length: 10 } };
          }),
        ),
      );

      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect((await bench.registry.usage(undefined)).all.pending).toBe(10);
    });
  });

  async function create(...told: Partial<UploadRecord>[]): Promise<UploadRecord[]> {
    const created: UploadRecord[] = [];
    for (const each of told) created.push(await bench.registry.create(uploadRecord(each)));
    return created;
  }
}
