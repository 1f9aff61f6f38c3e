import { AppendSlots } from '../../../../lib/uploads/rules/append-slots.js';
import { TooManyAppendsError } from '../../../../lib/uploads/model/limit.errors.js';

describe('two slots for appends', () => {
  let slots: AppendSlots;

  beforeEach(() => {
    slots = new AppendSlots(2);
  });

  /** Takes a slot; what it returns gives it back. */
  function take(upload: unknown): () => Promise<void> {
    let end = (): void => undefined;
    const done = slots.during(upload, true, () => new Promise<void>((resolve) => (end = resolve)));
    return () => {
      end();
      return done;
    };
  }

  const refused = (upload: unknown) =>
    expect(slots.during(upload, true, () => Promise.resolve())).rejects.toThrow(
      TooManyAppendsError,
    );

  it('are refused to a third upload, whose work does not begin', async () => {
    const ends = [take('a'), take('b')];
    let begun = false;

    await refused('c');
    await slots.during('d', true, async () => void (begun = true)).catch(() => undefined);

    expect(begun).toBe(false);
    await Promise.all(ends.map((end) => end()));
  });

  it('are given to the next upload once one is free', async () => {
    const [endA, endB] = [take('a'), take('b')];
    await endA();

    const endC = take('c');

    await refused('d');
    await Promise.all([endB(), endC()]);
  });

  it('are free again after work that failed', async () => {
    const failing = () => Promise.reject(new Error('EIO'));
    for (let time = 0; time < 5; time++) {
      await expect(slots.during(`${time}`, true, failing)).rejects.toThrow('EIO');
    }
    expect(await slots.during('a', true, () => Promise.resolve('done'))).toBe('done');
  });

  it('are shared by all requests on one upload, until the last of them ends', async () => {
    const [endFirst, endB] = [take('a'), take('b')];
    const endSecond = take('a');
    await endFirst();

    await refused('c');
    await endSecond();

    const endC = take('c');
    await Promise.all([endB(), endC()]);
  });

  it('are not needed for a request without a body', async () => {
    const ends = [take('a'), take('b')];
    expect(await slots.during('c', false, () => Promise.resolve('done'))).toBe('done');
    await Promise.all(ends.map((end) => end()));
  });
});

describe('slots without a limit', () => {
  it('are given to all', async () => {
    const slots = new AppendSlots();
    const works = Array.from({ length: 1000 }, (_, id) =>
      slots.during(id, true, () => new Promise((resolve) => setImmediate(resolve, id))),
    );
    expect(await Promise.all(works)).toHaveLength(1000);
  });
});
