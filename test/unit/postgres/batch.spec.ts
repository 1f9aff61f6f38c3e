import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { RegistryUnavailableError } from '../../../lib/errors/index.js';
import { Batch } from '../../../lib/postgres/batch.js';
import { Gate } from '../../support/gate.js';

/** A batch that doubles numbers, and what its runs were given. */
function doubling(most?: number, before: () => Promise<unknown> = nextTurn, patience?: number) {
  const runs: number[][] = [];
  const batch = new Batch<number, number>(
    async (numbers) => {
      runs.push([...numbers]);
      await before();
      return numbers.map((number) => 2 * number);
    },
    most,
    patience,
  );
  return { batch, runs };
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

describe('What many ask for', () => {
  it('in one turn is done together, and each gets its own', async () => {
    const { batch, runs } = doubling();
    const asked = upTo(3).map((number) => Promise.resolve().then(() => batch.add(number)));

    expect(await Promise.all(asked)).toEqual([0, 2, 4]);
    expect(runs).toEqual([[0, 1, 2]]);
  });

  it.each([1, 3])(
    'while as many runs are under way as may be (%d) is the next one',
    async (most) => {
      const gate = new Gate();
      const { batch, runs } = doubling(most, () => gate.pass());
      const results: Promise<number>[] = [];
      for (const number of upTo(most + 2)) {
        results.push(batch.add(number));
        await nextTurn();
        await nextTurn();
      }
      const before = [...runs];
      gate.open();

      expect(await Promise.all(results)).toEqual(upTo(most + 2).map((number) => 2 * number));
      expect(before).toEqual(upTo(most).map((number) => [number]));
      expect(runs.slice(most)).toEqual([[most, most + 1]]);
    },
  );

  it('is done in several runs where it is much', async () => {
    const { batch, runs } = doubling();
    const results = await Promise.all(upTo(600).map((number) => batch.add(number)));

    expect(results).toEqual(upTo(600).map((number) => 2 * number));
    expect(runs.map(({ length }) => length)).toEqual([256, 256, 88]);
  });

  it('together fails together, and what comes after that does not', async () => {
    let isBroken = true;
    const batch = new Batch<number, number>(async (numbers) => {
      if (isBroken) throw new Error('The database is away.');
      return numbers;
    });
    const failed = await Promise.allSettled([batch.add(1), batch.add(2)]);
    isBroken = false;

    expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await batch.add(3)).toBe(3);
  });

  it('is refused to who waits too long while the database is silent', async () => {
    const gate = new Gate();
    const { batch, runs } = doubling(1, () => gate.pass(), 20);
    const first = batch.add(1);
    await gate.reached;

    await expect(batch.add(2)).rejects.toThrow(RegistryUnavailableError);
    gate.open();
    expect(await first).toBe(2);
    expect(await batch.add(3)).toBe(6);
    expect(runs).toEqual([[1], [3]]);
  });

  it('may fail one by one', async () => {
    const batch = new Batch<number, number>(async (numbers) =>
      numbers.map((number) => (number > 1 ? Promise.reject(new Error('Too much.')) : number)),
    );
    const [one, two] = await Promise.allSettled([batch.add(1), batch.add(2)]);

    expect(one).toEqual({ status: 'fulfilled', value: 1 });
    expect(two.status).toBe('rejected');
  });

  it('is done once the batch is idle', async () => {
    const done: number[] = [];
    const { batch } = doubling(2);
    for (const number of upTo(5)) void batch.add(number).then((double) => done.push(double));
    await batch.idle();
    await nextTurn();

    expect(done.sort()).toEqual([0, 2, 4, 6, 8]);
    await batch.idle();
  });

  it('is done in the context of none of them, and goes on in that of each', async () => {
    const storage = new AsyncLocalStorage<number>();
    const seen: (number | undefined)[] = [];
    const batch = new Batch<number, number>(async (numbers) => {
      seen.push(storage.getStore());
      return numbers;
    });
    const after = await Promise.all(
      [1, 2].map((number) =>
        storage.run(number, async () => {
          await batch.add(number);
          return storage.getStore();
        }),
      ),
    );

    expect(seen).toEqual([undefined]);
    expect(after).toEqual([1, 2]);
  });
});
