import type { UploadRecord, UploadRegistry } from '../../../lib/registry/index.js';
import { UploadIdTakenError } from '../../../lib/errors/index.js';
import { delivery, finishedUpload, uploadRecord } from '../../unit/registry/records.js';
import type { RegistryBench } from './registry.contract.js';

/** Records with everything that one may have. */
const WHOLE: Record<string, Partial<UploadRecord>> = {
  'one that is unfinished': {
    filePath: 'ann/\ud800 half.mp4',
    maxSize: 2 ** 53 - 1,
    unverifiedFrom: 0,
    fileFault: 'was cut off at “\u0000”',
    isDoubtful: true,
    kind: 'partial',
    concat: 'partial',
    owner: 'CORP\\ann',
    endpoint: 'videos',
    binding: 'b1',
    query: '{"a":["1","\\u0000"]}',
  },
  'one that is finished': {
    state: 'finished',
    length: 0,
    isDoubtful: false,
    kind: 'final',
    concat: 'final;/files/a /files/b',
    stored: { path: 'ann/\ud800 half.mp4', parts: [[1, 13], 20], isWhole: true },
    endedAt: 1_763_827_200_123,
    hash: { algorithm: 'sha256', hex: 'e3b0c442' },
    movedTo: '/media/\u001b0000.mp4',
    movingTo: '/media/b.mp4',
    fileRemovedAt: 1_763_827_200_999,
    removeWhenDelivered: false,
    answer: { status: 201, headers: { b: '2', a: '1\u0000' }, body: 'AAA=' },
    addedHeaders: { 'x-z': '1', 'x-a': 'é' },
  },
};

/** What a registry promises of the records of uploads. */
export function describeUploads(bench: RegistryBench): void {
  describe('creating', () => {
    it('gives back what was stored', async () => {
      const record = uploadRecord({ owner: 'ann', movedTo: '/media/a b.mp4', endedAt: 5 });
      await bench.registry.create(record);
      expect(await bench.registry.get(record.id)).toStrictEqual(record);
    });

    it.each(Object.entries(WHOLE))('keeps all that there is to know of %s', async (_, told) => {
      const record = uploadRecord(told);
      await bench.registry.create(uploadRecord({ id: record.id }));
      await bench.registry.change(record.id, () => ({ record }));
      expect(await bench.registry.get(record.id)).toStrictEqual(record);
      expect((await bench.registry.list({})).items).toStrictEqual([record]);
    });

    it('keeps all that there is to know of those that are made at once', async () => {
      const texts = ['NULL', '{"a",\\b}', '', ' "quoted", '];
      const records = [
        ...Object.values(WHOLE).map((told) => uploadRecord(told)),
        ...texts.map((metadata) => uploadRecord({ metadata, query: JSON.stringify(metadata) })),
      ];
      await Promise.all(records.map((record) => bench.registry.create(record)));
      const found = await Promise.all(records.map(({ id }) => bench.registry.get(id)));

      expect(found).toStrictEqual(records);
    });

    it('stores one that is finished by now together with its deliveries', async () => {
      const record = uploadRecord({ state: 'finished', length: 3, owner: 'ann' });
      const rows = [delivery(record.id), delivery(record.id, { handler: 'B#b', dueAt: 7 })];
      expect(await bench.registry.create(record, undefined, rows)).toStrictEqual(record);

      expect(await bench.registry.get(record.id)).toStrictEqual(record);
      const { items } = await bench.registry.deliveries({ uploadId: record.id });
      expect(items).toHaveLength(2);
      expect(items).toEqual(expect.arrayContaining(rows));
      expect((await bench.registry.usage('ann')).own).toMatchObject({ bytes: 3, unfinished: 0 });
    });

    it('does the same where it is asked what it becomes', async () => {
      const record = uploadRecord({ state: 'finished' });
      const admit = () => ({ ...record, owner: 'bob' });
      await bench.registry.create(record, admit, [delivery(record.id)]);
      expect((await bench.registry.get(record.id))?.owner).toBe('bob');
      const { items } = await bench.registry.deliveries({ uploadId: record.id });
      expect(items).toStrictEqual([delivery(record.id)]);
    });

    it('stores no delivery where the id is taken', async () => {
      const record = uploadRecord();
      await bench.registry.create(record);
      const again = bench.registry.create(record, undefined, [delivery(record.id)]);
      await expect(again).rejects.toThrow(UploadIdTakenError);
      expect((await bench.registry.deliveries({ uploadId: record.id })).items).toEqual([]);
    });

    it('stores nothing with a delivery of another upload', async () => {
      const record = uploadRecord();
      const foreign = bench.registry.create(record, undefined, [delivery(uploadRecord().id)]);
      await expect(foreign).rejects.toThrow(TypeError);
      expect(await bench.registry.get(record.id)).toBeUndefined();
    });

    it('knows nothing of an upload that was never created', async () => {
      expect(await bench.registry.get(uploadRecord().id)).toBeUndefined();
    });

    it('keeps metadata byte for byte', async () => {
      const metadata = Array.from({ length: 256 }, (_, i) => String.fromCharCode(i)).join('');
      const record = uploadRecord({ metadata });
      await bench.registry.create(record);
      expect((await bench.registry.get(record.id))?.metadata).toBe(metadata);
    });

    it('refuses an id that is taken and leaves the record as it was', async () => {
      const record = uploadRecord({ length: 1 });
      await bench.registry.create(record);
      await expect(bench.registry.create({ ...record, length: 2 })).rejects.toThrow(
        UploadIdTakenError,
      );
      expect(await bench.registry.get(record.id)).toEqual(record);
    });

    it('takes ids that differ in case only for one, and still does not mistake them', async () => {
      const record = uploadRecord({ id: 'Order-1', owner: 'ann' });
      await bench.registry.create(record);
      for (const id of ['order-1', 'ORDER-1']) {
        await expect(bench.registry.create({ ...record, id })).rejects.toThrow(/"order-1" is/i);
        expect(await bench.registry.get(id)).toBeUndefined();
        expect(await bench.registry.change(id, () => ({ record }))).toBeUndefined();
        await bench.registry.forget(id, record.dueAt!);
      }
      expect(await bench.registry.get('Order-1')).toEqual(record);
      expect(await bench.registry.due(Number.MAX_SAFE_INTEGER, 10)).toEqual([record]);
      expect((await bench.registry.list({ owner: 'ann' })).items).toEqual([record]);

      await bench.registry.forget('Order-1', record.dueAt!);
      await bench.registry.create({ ...record, id: 'order-1' });
      expect(await bench.registry.get('Order-1')).toBeUndefined();
    });

    it('stores nothing of a record that it cannot keep', async () => {
      const record = uploadRecord({ metadata: 1n as never });
      await expect(bench.registry.create(record)).rejects.toThrow();
      expect(await bench.registry.get(record.id)).toBeUndefined();
      expect(await bench.registry.due(Number.MAX_SAFE_INTEGER, 10)).toEqual([]);
      expect((await bench.registry.list({})).items).toEqual([]);
    });

    it('lets exactly one of several creations of one id win', async () => {
      const record = uploadRecord();
      const creations = Array.from({ length: 10 }, (_, length) => ({ ...record, length }));
      const results = await Promise.allSettled(creations.map((it) => bench.registry.create(it)));
      const winners = creations.filter((_, i) => results[i].status === 'fulfilled');
      expect(winners).toHaveLength(1);
      expect(await bench.registry.get(record.id)).toEqual(winners[0]);
    });
  });

  describe('changing', () => {
    it('stores what was decided and returns it', async () => {
      const record = uploadRecord({ length: undefined });
      await bench.registry.create(record);
      const changed = await bench.registry.change(record.id, (current) => ({
        record: { ...current, length: 7 },
      }));
      expect(changed).toEqual({ ...record, length: 7 });
      expect(await bench.registry.get(record.id)).toEqual(changed);
    });

    it('leaves the record when nothing was decided, and returns it', async () => {
      const record = uploadRecord();
      await bench.registry.create(record);
      expect(await bench.registry.change(record.id, () => undefined)).toEqual(record);
      expect(await bench.registry.get(record.id)).toEqual(record);
    });

    it('does not ask about an upload that is not there', async () => {
      let asked = false;
      const changed = await bench.registry.change(uploadRecord().id, (record) => {
        asked = true;
        return { record };
      });
      expect(changed).toBeUndefined();
      expect(asked).toBe(false);
    });

    it('loses none of many changes made at once', async () => {
      const record = uploadRecord({ length: 0 });
      await bench.registry.create(record);
      const increments = Array.from({ length: 100 }, () => increment(bench.registry, record.id));
      await Promise.all(increments);
      expect((await bench.registry.get(record.id))?.length).toBe(100);
    });

    it('passes on what the decision throws, and changes nothing', async () => {
      const record = uploadRecord();
      await bench.registry.create(record);
      const refusal = new Error('not now');
      const refused = bench.registry.change(record.id, () => {
        throw refusal;
      });
      await expect(refused).rejects.toBe(refusal);
      expect(await bench.registry.get(record.id)).toEqual(record);
    });

    it('lets a refused change harm none of those made at the same time', async () => {
      const record = uploadRecord({ length: 0 });
      await bench.registry.create(record);
      const changes = Array.from({ length: 20 }, (_, i) =>
        i % 2 === 0
          ? increment(bench.registry, record.id)
          : bench.registry.change(record.id, () => {
              throw new Error('odd');
            }),
      );
      const results = await Promise.allSettled(changes);
      expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(10);
      expect((await bench.registry.get(record.id))?.length).toBe(10);
    });

    it('stores the deliveries that are born with a change together with it', async () => {
      const record = uploadRecord();
      await bench.registry.create(record);
      await bench.registry.change(record.id, (current) => ({
        record: { ...current, state: 'finished' },
        deliveries: [delivery(record.id, { handler: 'A#a' }), delivery(record.id)],
      }));
      const { items } = await bench.registry.deliveries({ uploadId: record.id });
      expect(items).toHaveLength(2);
      expect(items).toContainEqual(delivery(record.id, { handler: 'A#a' }));
      expect(items).toContainEqual(delivery(record.id));
    });

    it('changes nothing at all when one of the deliveries is not acceptable', async () => {
      const record = uploadRecord();
      await bench.registry.create(record);
      const refuse = (handler: string) =>
        bench.registry.change(record.id, (current) => ({
          record: { ...current, state: 'finished', dueAt: 1 },
          deliveries: [delivery(record.id), delivery(record.id, { handler })],
        }));
      for (const handler of ['', 'a\0b', 'x'.repeat(600)]) {
        await expect(refuse(handler)).rejects.toThrow(RangeError);
      }
      expect(await bench.registry.get(record.id)).toEqual(record);
      expect((await bench.registry.deliveries({})).items).toEqual([]);
      expect((await bench.registry.list({ state: 'finished' })).items).toEqual([]);
      expect(await bench.registry.due(1, 10)).toEqual([]);
    });

    it('refuses to give an upload the id or the deliveries of another', async () => {
      const record = uploadRecord();
      await bench.registry.create(record);
      const other = uploadRecord().id;
      const renamed = bench.registry.change(record.id, (it) => ({ record: { ...it, id: other } }));
      await expect(renamed).rejects.toThrow(TypeError);
      const foreign = bench.registry.change(record.id, (it) => ({
        record: it,
        deliveries: [delivery(other)],
      }));
      await expect(foreign).rejects.toThrow(TypeError);
      expect(await bench.registry.get(record.id)).toEqual(record);
      expect(await bench.registry.get(other)).toBeUndefined();
    });
  });

  describe('what cleanup is to look at', () => {
    it('is what is due at or before a time, earliest first, as many as asked for', async () => {
      const times = [50, 10, 40, 20, 30];
      const records = times.map((dueAt) => uploadRecord({ dueAt }));
      await Promise.all(records.map((record) => bench.registry.create(record)));
      expect(await dueTimes(bench.registry, 40)).toEqual([10, 20, 30, 40]);
      expect(await dueTimes(bench.registry, 39)).toEqual([10, 20, 30]);
      expect(await dueTimes(bench.registry, 9)).toEqual([]);
      expect(await dueTimes(bench.registry, 100, 2)).toEqual([10, 20]);
    });

    it('follows a change of the time', async () => {
      const record = uploadRecord({ dueAt: 10 });
      await bench.registry.create(record);
      await setDue(bench.registry, record.id, 20);
      expect(await dueTimes(bench.registry, 19)).toEqual([]);
      expect(await dueTimes(bench.registry, 20)).toEqual([20]);
      await setDue(bench.registry, record.id, undefined);
      expect(await dueTimes(bench.registry, Number.MAX_SAFE_INTEGER)).toEqual([]);
      await setDue(bench.registry, record.id, 30);
      expect(await dueTimes(bench.registry, 30)).toEqual([30]);
    });

    it('does not include an upload that is never due', async () => {
      await bench.registry.create(uploadRecord({ dueAt: undefined }));
      expect(await dueTimes(bench.registry, Number.MAX_SAFE_INTEGER)).toEqual([]);
    });

    it('keeps the times of real clocks apart to the millisecond', async () => {
      const now = 1_763_827_200_123;
      for (const dueAt of [now + 1, now - 1, now]) {
        await bench.registry.create(uploadRecord({ dueAt }));
      }
      expect(await dueTimes(bench.registry, now)).toEqual([now - 1, now]);
    });
  });

  describe('forgetting', () => {
    it('removes the record, its place in every listing, and its deliveries', async () => {
      const keptId = await finishedUpload(bench.registry, {});
      const id = await finishedUpload(bench.registry, {}, { handler: 'A#a', state: 'dead' });
      const record = await bench.registry.get(id);
      await setDue(bench.registry, id, 5);
      await bench.registry.forget(id, 5);

      expect(record).toBeDefined();
      expect(await bench.registry.get(id)).toBeUndefined();
      expect(await bench.registry.due(5, 10)).toEqual([]);
      expect((await bench.registry.list({})).items.map((it) => it.id)).toEqual([keptId]);
      for (const query of [{}, { state: 'waiting' as const }, { state: 'dead' as const }]) {
        const { items } = await bench.registry.deliveries(query);
        expect(items.filter(({ uploadId }) => uploadId === id)).toEqual([]);
      }
      expect(
        await bench.registry.dueDeliveries(Number.MAX_SAFE_INTEGER, () => ({ limit: 10 })),
      ).toHaveLength(1);
    });

    it('leaves an upload whose time has changed since', async () => {
      const record = uploadRecord({ dueAt: 10 });
      await bench.registry.create(record);
      await bench.registry.forget(record.id, 9);
      await setDue(bench.registry, record.id, undefined);
      await bench.registry.forget(record.id, 10);
      expect(await bench.registry.get(record.id)).toBeDefined();
    });

    it('does nothing for an upload that is not there', async () => {
      await expect(bench.registry.forget(uploadRecord().id, 1)).resolves.toBeUndefined();
    });

    it('leaves the id free for another upload', async () => {
      const record = uploadRecord({ dueAt: 10, owner: 'ann' });
      await bench.registry.create(record);
      await bench.registry.forget(record.id, 10);
      await bench.registry.create({ ...record, owner: 'bob' });
      expect((await bench.registry.list({ owner: 'ann' })).items).toEqual([]);
      expect((await bench.registry.list({ owner: 'bob' })).items).toHaveLength(1);
    });
  });

  describe('several registries in one place', () => {
    it('see each other’s changes at once', async () => {
      const other = await bench.another();
      const record = uploadRecord({ length: 0 });
      for (let length = 0; length < 50; length++) {
        const writer = length % 2 === 0 ? bench.registry : other;
        const reader = length % 2 === 0 ? other : bench.registry;
        if (length === 0) await writer.create(record);
        else await writer.change(record.id, (it) => ({ record: { ...it, length } }));
        expect((await reader.get(record.id))?.length).toBe(length);
      }
    });

    it('lose none of the changes both make at once', async () => {
      const other = await bench.another();
      const record = uploadRecord({ length: 0 });
      await bench.registry.create(record);
      await Promise.all(
        Array.from({ length: 100 }, (_, i) =>
          increment(i % 2 === 0 ? bench.registry : other, record.id),
        ),
      );
      expect((await bench.registry.get(record.id))?.length).toBe(100);
    });

    it('go on working when one of them is closed', async () => {
      const other = bench.place.registry();
      await other.open();
      await other.close();
      const record = uploadRecord();
      await bench.registry.create(record);
      expect(await bench.registry.get(record.id)).toEqual(record);
    });
  });

  describe('opening and closing', () => {
    it('keeps everything for the next one to open it', async () => {
      const id = await finishedUpload(bench.registry, { dueAt: 3 });
      const record = await bench.registry.get(id);
      await bench.registry.close();

      const next = bench.place.registry();
      await next.open();
      expect(await next.get(id)).toEqual(record);
      expect((await next.list({ state: 'finished' })).items).toEqual([record]);
      expect(await next.nextDeliveryAt()).toBe(3);
      await next.close();
    });

    it('may be done again and again with one registry', async () => {
      const record = uploadRecord();
      await bench.registry.create(record);
      await bench.registry.close();
      await bench.registry.open();
      expect(await bench.registry.get(record.id)).toEqual(record);
    });

    it('does nothing when it was done already', async () => {
      await bench.registry.open();
      await Promise.all([bench.registry.close(), bench.registry.close()]);
      await bench.registry.close();
    });

    it('waits for writes under way when it closes', async () => {
      const records = Array.from({ length: 600 }, () => uploadRecord());
      let created = 0;
      for (const record of records) void bench.registry.create(record).then(() => created++);
      await bench.registry.close();
      expect(created).toBe(records.length);

      await bench.registry.open();
      for (const record of records) expect(await bench.registry.get(record.id)).toEqual(record);
    });

    it('says so when it is used while it is not open', async () => {
      await bench.registry.close();
      await expect(bench.registry.get(uploadRecord().id)).rejects.toThrow(/not open/);
      await expect(bench.registry.create(uploadRecord())).rejects.toThrow(/not open/);
    });
  });
}

function increment(registry: UploadRegistry, id: string): Promise<unknown> {
  return registry.change(id, (record) => ({
    record: { ...record, length: (record.length ?? 0) + 1 },
  }));
}

function setDue(registry: UploadRegistry, id: string, dueAt?: number): Promise<unknown> {
  return registry.change(id, (record) => ({ record: { ...record, dueAt } }));
}

async function dueTimes(registry: UploadRegistry, until: number, limit = 100): Promise<unknown[]> {
  return (await registry.due(until, limit)).map(({ dueAt }) => dueAt);
}
