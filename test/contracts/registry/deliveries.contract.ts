import type { DeliveryKey, DeliveryRecord, DeliveryState } from '../../../lib/registry/index.js';
import { allPages, delivery, finishedUpload, uploadRecord } from '../../unit/registry/records.js';
import type { RegistryBench } from './registry.contract.js';

const FOREVER = Number.MAX_SAFE_INTEGER;

/** When deliveries are claimed. */
const NOW = 1_700_000_000_500;

/** What a registry promises of deliveries. */
export function describeDeliveries(bench: RegistryBench): void {
  describe('deliveries that are due', () => {
    it('are the waiting ones due at or before a time, earliest first', async () => {
      await finishedUpload(bench.registry, { dueAt: 30 }, { handler: 'A#a', dueAt: 10 });
      await finishedUpload(bench.registry, { dueAt: 20 }, { handler: 'A#a', dueAt: 40 });
      expect(await dueTimes(30)).toEqual([10, 20, 30]);
      expect(await dueTimes(29)).toEqual([10, 20]);
      expect(await dueTimes(9)).toEqual([]);
    });

    it('are as many of each handler as there is room for, the earliest of them', async () => {
      for (let dueAt = 1; dueAt <= 20; dueAt++) {
        await finishedUpload(bench.registry, { handler: 'Busy#busy', dueAt });
      }
      await finishedUpload(bench.registry, { handler: 'Rare#rare', dueAt: 30 });
      await finishedUpload(bench.registry, { handler: 'Full#full', dueAt: 5 });
      const room: Record<string, number> = { 'Busy#busy': 2, 'Rare#rare': 9, 'Full#full': 0 };
      const due = await bench.registry.dueDeliveries(FOREVER, (handler) => ({
        limit: room[handler]!,
      }));

      expect(due.map(({ handler, dueAt }) => [handler, dueAt])).toEqual([
        ['Busy#busy', 1],
        ['Busy#busy', 2],
        ['Rare#rare', 30],
      ]);
      expect(await bench.registry.nextDeliveryAt((handler) => handler !== 'Busy#busy')).toBe(5);
      expect(await bench.registry.nextDeliveryAt((handler) => handler === 'Rare#rare')).toBe(30);
      expect(await bench.registry.nextDeliveryAt(() => false)).toBeUndefined();
    });

    it('include those that wait for a time no clock can have meant', async () => {
      const latest: Record<string, number> = { 'A#a': 100, 'B#b': 1000 };
      for (const handler of Object.keys(latest)) {
        for (const dueAt of [10, 100, 101, 1000, 1001]) {
          await finishedUpload(bench.registry, { handler, dueAt });
        }
      }
      const termsOf = (handler: string) => ({ limit: 3, latest: latest[handler]! });
      const due = await bench.registry.dueDeliveries(50, termsOf);
      const dueOf = (name: string) =>
        due.filter(({ handler }) => handler === name).map(({ dueAt }) => dueAt);

      expect(dueOf('A#a')).toEqual([10, 101, 1000]);
      expect(dueOf('B#b')).toEqual([10, 1001]);
      expect(due.map(({ dueAt }) => dueAt)).toEqual([10, 10, 101, 1000, 1001]);
    });

    it('do not include running and dead ones', async () => {
      const id = await finishedUpload(bench.registry, { dueAt: 1 }, { handler: 'A#a', dueAt: 2 });
      await bench.registry.claimDelivery(key(id), 'me', NOW);
      await bench.registry.claimDelivery(key(id, 'A#a'), 'me', NOW);
      await bench.registry.settleDelivery(key(id, 'A#a'), 'me', { kind: 'dead', error: 'x' });
      expect(await dueTimes(FOREVER)).toEqual([]);
      expect(await bench.registry.nextDeliveryAt()).toBeUndefined();
    });

    it('are told whatever their upload and their error are called', async () => {
      const error = 'no "\\" \u0000 \ud800 \u001b é';
      const id = await finishedUpload(bench.registry, { handler: 'Ünï "#a', error, dueAt: 1 });
      expect(await bench.registry.dueDeliveries(1, () => ({ limit: 1 }))).toStrictEqual([
        delivery(id, { handler: 'Ünï "#a', error, dueAt: 1 }),
      ]);
    });

    it('announce when the next one is due', async () => {
      expect(await bench.registry.nextDeliveryAt()).toBeUndefined();
      const id = await finishedUpload(bench.registry, { dueAt: 50 }, { handler: 'A#a', dueAt: 40 });
      expect(await bench.registry.nextDeliveryAt()).toBe(40);
      await bench.registry.claimDelivery(key(id, 'A#a'), 'me', NOW);
      expect(await bench.registry.nextDeliveryAt()).toBe(50);
    });
  });

  describe('claiming a delivery', () => {
    it('makes it run by the holder, one attempt further', async () => {
      const id = await finishedUpload(bench.registry, { attempt: 2, error: 'last time' });
      const taken = await bench.registry.claimDelivery(key(id), 'me', NOW);
      expect(taken).toEqual(
        delivery(id, {
          state: 'running',
          attempt: 3,
          holder: 'me',
          startedAt: NOW,
          error: 'last time',
        }),
      );
      expect(await rows({ uploadId: id })).toEqual([taken]);
    });

    it('is granted to exactly one of those who ask at once', async () => {
      const other = await bench.another();
      const id = await finishedUpload(bench.registry, {});
      const claims = await Promise.all(
        Array.from({ length: 10 }, (_, i) =>
          (i % 2 === 0 ? bench.registry : other).claimDelivery(key(id), `holder ${i}`, NOW),
        ),
      );
      const winners = claims.filter((claim) => claim !== undefined);
      expect(winners).toHaveLength(1);
      expect(await rows({})).toEqual(winners);
    });

    it('is not needed by one that was stored as running', async () => {
      const born = { state: 'running', attempt: 1, holder: 'me', startedAt: NOW } as const;
      const id = await finishedUpload(bench.registry, born, { handler: 'A#a' });
      const due = await bench.registry.dueDeliveries(FOREVER, () => ({ limit: 10 }));
      expect(due.map(({ handler }) => handler)).toEqual(['A#a']);
      expect(await bench.registry.claimDelivery(key(id), 'other', NOW)).toBeUndefined();
      expect(await rows({ state: 'running' })).toEqual([delivery(id, born)]);

      const ended = { ...key(id), attempt: 1 };
      expect(await bench.registry.settleDelivery(ended, 'other', { kind: 'done' })).toBe(false);
      expect(await bench.registry.settleDelivery(ended, 'me', { kind: 'done' })).toBe(true);
      expect(await rows({ state: 'running' })).toEqual([]);
    });

    it('is refused when the delivery is running, dead or gone', async () => {
      const id = await finishedUpload(bench.registry, {});
      await bench.registry.claimDelivery(key(id), 'me', NOW);
      expect(await bench.registry.claimDelivery(key(id), 'me', NOW)).toBeUndefined();
      await bench.registry.settleDelivery(key(id), 'me', { kind: 'dead', error: 'x' });
      expect(await bench.registry.claimDelivery(key(id), 'me', NOW)).toBeUndefined();
      expect(await bench.registry.claimDelivery(key(id, 'No#one'), 'me', NOW)).toBeUndefined();
    });

    it('refuses a holder whose name it cannot keep', async () => {
      const id = await finishedUpload(bench.registry, {});
      for (const holder of ['', 'a\nb', 'x'.repeat(600)]) {
        await expect(bench.registry.claimDelivery(key(id), holder, NOW)).rejects.toThrow(
          RangeError,
        );
      }
      expect(await rows({ state: 'waiting' })).toHaveLength(1);
    });
  });

  describe('settling a delivery', () => {
    it('removes it when it is done', async () => {
      const id = await claimed('me');
      await bench.registry.settleDelivery(key(id), 'me', { kind: 'done' });
      expect(await rows({})).toEqual([]);
      expect(await rows({ state: 'running' })).toEqual([]);
    });

    it('makes it wait again, with the error, when it is to be retried', async () => {
      const id = await claimed('me');
      const outcome = { kind: 'retry', dueAt: 99, error: 'try later' } as const;
      await bench.registry.settleDelivery(key(id), 'me', outcome);
      const waiting = delivery(id, { attempt: 1, dueAt: 99, error: 'try later' });
      expect(await rows({})).toStrictEqual([waiting]);
      expect(await bench.registry.dueDeliveries(98, () => ({ limit: 10 }))).toEqual([]);
      expect(await bench.registry.dueDeliveries(99, () => ({ limit: 10 }))).toEqual([waiting]);
    });

    it('keeps it, with the error, when it is given up', async () => {
      const id = await claimed('me');
      await bench.registry.settleDelivery(key(id), 'me', { kind: 'dead', error: 'enough' });
      expect(await rows({ state: 'dead' })).toStrictEqual([
        delivery(id, { state: 'dead', attempt: 1, error: 'enough' }),
      ]);
    });

    it('takes back the attempt that was none', async () => {
      for (const outcome of [
        { kind: 'dead', error: 'enough', isUncounted: true },
        { kind: 'retry', dueAt: 5, isUncounted: true },
      ] as const) {
        const id = await claimed('me');
        await bench.registry.settleDelivery(key(id), 'me', outcome);
        expect(await rows({ uploadId: id })).toMatchObject([{ attempt: 0 }]);
      }
    });

    it('leaves a delivery alone that another has, or nobody', async () => {
      const id = await claimed('other');
      for (const outcome of [
        { kind: 'done' },
        { kind: 'retry', dueAt: 1, error: 'x' },
        { kind: 'dead', error: 'x' },
      ] as const) {
        await bench.registry.settleDelivery(key(id), 'me', outcome);
      }
      expect(await rows({})).toMatchObject([{ state: 'running', holder: 'other' }]);
      await bench.registry.settleDelivery(key(id), 'other', {
        kind: 'retry',
        dueAt: 5,
        error: 'x',
      });
      await bench.registry.settleDelivery(key(id), 'other', { kind: 'done' });
      expect(await rows({})).toMatchObject([{ state: 'waiting' }]);
      await bench.registry.settleDelivery(key(id, 'No#one'), 'me', { kind: 'done' });
    });

    it('count as the attempt that ended, and not as a later one that the same holder has begun', async () => {
      const id = await finishedUpload(bench.registry, {});
      const first = await bench.registry.claimDelivery(key(id), 'me', NOW);
      await bench.registry.releaseDeliveries(() => true, NOW);
      const second = await bench.registry.claimDelivery(key(id), 'me', NOW);

      expect(await bench.registry.settleDelivery(first!, 'me', { kind: 'done' })).toBe(false);
      expect((await bench.registry.deliveries({ uploadId: id })).items).toEqual([second]);
      expect(await bench.registry.settleDelivery(second!, 'me', { kind: 'done' })).toBe(true);
      expect((await bench.registry.deliveries({ uploadId: id })).items).toEqual([]);
    });
  });

  it('keeps a delivery whose outcome it cannot store', async () => {
    const id = await claimed('me');
    const outcome = { kind: 'dead', error: 1n as never } as const;
    await expect(bench.registry.settleDelivery(key(id), 'me', outcome)).rejects.toThrow();
    expect(await rows({ state: 'running' })).toMatchObject([{ uploadId: id, holder: 'me' }]);
    await bench.registry.settleDelivery(key(id), 'me', { kind: 'done' });
    expect(await rows({})).toEqual([]);
  });

  describe('deliveries that come with a change', () => {
    it('start a dead one anew', async () => {
      const id = await claimed('me');
      await bench.registry.settleDelivery(key(id), 'me', { kind: 'dead', error: 'enough' });
      await bear(delivery(id, { dueAt: 7 }));
      expect(await rows({ state: 'dead' })).toEqual([]);
      expect(await rows({})).toStrictEqual([delivery(id, { dueAt: 7 })]);
      expect(await bench.registry.nextDeliveryAt()).toBe(7);
    });

    it('leave a running one alone', async () => {
      const id = await claimed('me');
      await bear(delivery(id));
      expect(await rows({})).toMatchObject([{ state: 'running', holder: 'me', attempt: 1 }]);
      expect(await bench.registry.nextDeliveryAt()).toBeUndefined();
    });
  });

  describe('reviving deliveries', () => {
    it('makes the dead ones of an upload wait, due now, with all attempts before them', async () => {
      const id = await oneOfEachState();
      expect(await bench.registry.reviveDeliveries(id, undefined, 77)).toBe(1);
      const revived = { handler: 'D#d', attempt: 1, forgiven: 1, dueAt: 77, error: 'x' };
      expect(await rows({ state: 'dead' })).toEqual([]);
      expect(await bench.registry.dueDeliveries(77, () => ({ limit: 10 }))).toStrictEqual([
        delivery(id, revived),
      ]);
      expect(await bench.registry.nextDeliveryAt()).toBe(77);
    });

    it('leaves alone those that wait, those that run, and those of other uploads', async () => {
      const id = await oneOfEachState();
      const other = await oneOfEachState();
      const before = await rows({ uploadId: id });
      await bench.registry.reviveDeliveries(id, undefined, 77);
      const kept = (row: DeliveryRecord) => row.handler !== 'D#d';
      expect((await rows({ uploadId: id })).filter(kept)).toEqual(before.filter(kept));
      expect(await rows({ state: 'dead' })).toMatchObject([{ uploadId: other }]);
    });

    it('is for one handler where it is named', async () => {
      const id = await finishedUpload(bench.registry, { handler: 'A#a' }, { handler: 'B#b' });
      for (const handler of ['A#a', 'B#b']) {
        await bench.registry.claimDelivery(key(id, handler), 'me', NOW);
        const outcome = { kind: 'dead', error: 'enough' } as const;
        await bench.registry.settleDelivery(key(id, handler), 'me', outcome);
      }
      expect(await bench.registry.reviveDeliveries(id, 'B#b', 7)).toBe(1);
      expect(await rows({ state: 'dead' })).toMatchObject([{ handler: 'A#a' }]);
      expect(await rows({ state: 'waiting' })).toMatchObject([{ handler: 'B#b' }]);
      expect(await bench.registry.reviveDeliveries(id, 'B#b', 7)).toBe(0);
      expect(await bench.registry.reviveDeliveries(id, 'No#one', 7)).toBe(0);
    });

    it('finds none of an upload that it does not know', async () => {
      await oneOfEachState();
      for (const id of [uploadRecord().id, '', 'x'.repeat(5000), 'é'.repeat(600)]) {
        expect(await bench.registry.reviveDeliveries(id, undefined, 7)).toBe(0);
      }
    });

    it('goes on counting the attempts, and forgives all of them each time', async () => {
      const id = await claimed('me');
      for (const attempt of [1, 2]) {
        await bench.registry.settleDelivery(key(id), 'me', { kind: 'dead', error: 'enough' });
        await bench.registry.reviveDeliveries(id, undefined, 7);
        const taken = await bench.registry.claimDelivery(key(id), 'me', NOW);
        expect(taken).toMatchObject({ attempt: attempt + 1, forgiven: attempt });
      }
      await bench.registry.settleDelivery(key(id), 'me', { kind: 'retry', dueAt: 9, error: 'x' });
      expect(await rows({})).toMatchObject([{ attempt: 3, forgiven: 2, dueAt: 9 }]);
    });
  });

  describe('releasing deliveries', () => {
    it('makes those wait whose holder is gone, due now, and says how many', async () => {
      const gone = await Promise.all([claimed('gone 1'), claimed('gone 2'), claimed('gone 1')]);
      const alive = await claimed('alive');
      const released = await bench.registry.releaseDeliveries((it) => it.startsWith('gone'), 77);
      expect(released).toBe(3);
      const waiting = await bench.registry.dueDeliveries(77, () => ({ limit: 10 }));
      expect(waiting.map(({ uploadId }) => uploadId).sort()).toEqual([...gone].sort());
      for (const row of waiting) {
        expect(row).toStrictEqual(delivery(row.uploadId, { attempt: 1, lost: 1, dueAt: 77 }));
      }
      expect(await rows({ state: 'running' })).toMatchObject([{ uploadId: alive }]);
    });

    it('counts the attempts that were lost, until the delivery is revived', async () => {
      const id = await finishedUpload(bench.registry, {});
      for (const lost of [1, 2, 3]) {
        await bench.registry.claimDelivery(key(id), 'gone', NOW);
        await bench.registry.releaseDeliveries(() => true, 77);
        expect(await rows({})).toMatchObject([{ attempt: lost, lost }]);
      }
      await bench.registry.claimDelivery(key(id), 'me', NOW);
      await bench.registry.settleDelivery(key(id), 'me', { kind: 'dead', error: 'enough' });
      expect(await rows({})).toMatchObject([{ lost: 3 }]);
      await bench.registry.reviveDeliveries(id, undefined, 77);
      expect(await rows({})).toStrictEqual([
        delivery(id, { attempt: 4, forgiven: 4, dueAt: 77, error: 'enough' }),
      ]);
    });

    it('asks once about each holder of running deliveries, and about no one else', async () => {
      await Promise.all([claimed('b'), claimed('a'), claimed('b'), claimed('c')]);
      await bench.registry.settleDelivery(key(await claimed('done')), 'done', { kind: 'done' });
      await finishedUpload(bench.registry, {});
      const asked: string[] = [];
      const released = await bench.registry.releaseDeliveries((holder) => {
        asked.push(holder);
        return false;
      }, 1);
      expect(released).toBe(0);
      expect(asked.sort()).toEqual(['a', 'b', 'c']);
    });

    it('releases any number of them', async () => {
      await Promise.all(Array.from({ length: 250 }, () => claimed('gone')));
      await claimed('gone too');
      expect(await bench.registry.releaseDeliveries(() => true, 1)).toBe(251);
      expect(await rows({ state: 'running' })).toEqual([]);
      expect(await bench.registry.dueDeliveries(1, () => ({ limit: 1000 }))).toHaveLength(251);
    });
  });

  describe('listing deliveries', () => {
    it('tells all, those of an upload, those of a state, or both', async () => {
      const ids = [];
      for (let i = 0; i < 3; i++) ids.push(await oneOfEachState());
      expect(await rows({})).toHaveLength(9);
      expect((await rows({ uploadId: ids[1] })).map(({ uploadId }) => uploadId)).toEqual([
        ids[1],
        ids[1],
        ids[1],
      ]);
      for (const state of ['waiting', 'running', 'dead'] as const) {
        const found = await rows({ state });
        expect(found.map(({ uploadId }) => uploadId).sort()).toEqual([...ids].sort());
        expect(found.every((row) => row.state === state)).toBe(true);
        expect(await rows({ state, uploadId: ids[0] })).toMatchObject([
          { state, uploadId: ids[0] },
        ]);
      }
      expect(await rows({ uploadId: uploadRecord().id })).toEqual([]);
    });

    it('tells each once, page after page', async () => {
      for (let i = 0; i < 5; i++) await oneOfEachState();
      const [first] = await rows({});
      const queries = [
        {},
        { uploadId: first.uploadId },
        { state: 'dead' as const },
        { state: 'waiting' as const },
        { state: 'running' as const },
        { state: 'running' as const, uploadId: first.uploadId },
      ];
      for (const query of queries) {
        const whole = await rows({ ...query, limit: 1000 });
        for (const limit of [1, 2, 5, 15]) {
          const paged = await allPages((cursor) =>
            bench.registry.deliveries({ ...query, cursor, limit }),
          );
          expect(paged.items).toEqual(whole);
          expect(paged.pages).toBe(Math.ceil(whole.length / limit));
        }
      }
    });

    it('gives 100 on a page unless told', async () => {
      await finishedUpload(
        bench.registry,
        ...Array.from({ length: 101 }, (_, i) => ({ handler: `H#${i}` })),
      );
      for (const query of [{}, { state: 'waiting' as const }]) {
        const page = await bench.registry.deliveries(query);
        expect(page.items).toHaveLength(100);
        const next = await bench.registry.deliveries({ ...query, cursor: page.cursor });
        expect(next.items).toHaveLength(1);
      }
    });

    it('skips none that stays while others go', async () => {
      for (let i = 0; i < 4; i++) await finishedUpload(bench.registry, { dueAt: i });
      for (const query of [{}, { state: 'waiting' as const }]) {
        const page = await bench.registry.deliveries({ ...query, limit: 2 });
        const staying = (await rows(query)).slice(2);
        await bench.registry.claimDelivery(page.items[1], 'me', NOW);
        await bench.registry.settleDelivery(page.items[1], 'me', { kind: 'done' });
        const rest = await bench.registry.deliveries({ ...query, cursor: page.cursor });
        expect(rest.items).toEqual(staying);
        await finishedUpload(bench.registry, { dueAt: 100 });
      }
    });

    it('tells none of what cannot be an upload', async () => {
      await finishedUpload(bench.registry, {});
      for (const uploadId of ['', 'x'.repeat(5000), 'é'.repeat(600)]) {
        expect(await rows({ uploadId })).toEqual([]);
        expect(await rows({ uploadId, state: 'waiting' })).toEqual([]);
      }
    });

    it('skips none that stays and tells none twice, while others come and go', async () => {
      const other = await bench.another();
      const staying: string[] = [];
      for (let i = 0; i < 20; i++) staying.push(await finishedUpload(bench.registry, {}));
      const paging = allPages((cursor) => bench.registry.deliveries({ cursor, limit: 3 }));
      const churning = Promise.all(
        Array.from({ length: 20 }, async () => {
          const id = await finishedUpload(other, {});
          await other.claimDelivery(key(id), 'me', NOW);
          await other.settleDelivery(key(id), 'me', { kind: 'done' });
        }),
      );
      const [{ items }] = await Promise.all([paging, churning]);

      const told = items.map(({ uploadId }) => uploadId);
      expect(told).toEqual(expect.arrayContaining(staying));
      expect(new Set(told).size).toBe(told.length);
    });

    it('refuses what is no cursor of the listing, and a limit that is none', async () => {
      const id = await finishedUpload(bench.registry, {}, { handler: 'A#a' });
      const { cursor } = await bench.registry.deliveries({ limit: 1 });
      for (const query of [
        { cursor: 'x' },
        { state: 'dead' as const, cursor: 'x' },
        { state: 'dead' as const, cursor },
        { uploadId: uploadRecord().id, cursor },
        { limit: 0 },
        { state: 'dead' as const, limit: -1 },
      ]) {
        await expect(bench.registry.deliveries(query)).rejects.toThrow(RangeError);
      }
      await expect(bench.registry.deliveries({ uploadId: id, cursor })).resolves.toBeDefined();
    });
  });

  async function rows(query: {
    state?: DeliveryState;
    uploadId?: string;
    limit?: number;
  }): Promise<DeliveryRecord[]> {
    return (await bench.registry.deliveries(query)).items;
  }

  async function dueTimes(until: number, limit = 100): Promise<number[]> {
    return (await bench.registry.dueDeliveries(until, () => ({ limit }))).map(({ dueAt }) => dueAt);
  }

  async function claimed(holder: string): Promise<string> {
    const id = await finishedUpload(bench.registry, {});
    expect(await bench.registry.claimDelivery(key(id), holder, NOW)).toBeDefined();
    return id;
  }

  async function bear(row: DeliveryRecord): Promise<void> {
    await bench.registry.change(row.uploadId, (record) => ({ record, deliveries: [row] }));
  }

  async function oneOfEachState(): Promise<string> {
    const id = await finishedUpload(
      bench.registry,
      { handler: 'W#w' },
      { handler: 'R#r' },
      { handler: 'D#d' },
    );
    await bench.registry.claimDelivery(key(id, 'R#r'), `holder of ${id}`, NOW);
    await bench.registry.claimDelivery(key(id, 'D#d'), 'me', NOW);
    await bench.registry.settleDelivery(key(id, 'D#d'), 'me', { kind: 'dead', error: 'x' });
    return id;
  }
}

function key(uploadId: string, handler = 'Importer#import'): DeliveryKey {
  return { uploadId, handler };
}
