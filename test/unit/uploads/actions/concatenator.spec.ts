import { setImmediate as nextTurn } from 'node:timers/promises';
import { Concatenator } from '../../../../lib/uploads/actions/concatenator.js';
import { inSteps } from '../../../../lib/uploads/leases/in-steps.js';
import { takeSnapshot } from '../../../../lib/uploads/model/upload-snapshot.js';
import { uploadRecord } from '../../registry/records.js';

/** Counts the turns of the event loop that others get while something is done. */
async function turnsDuring(work: Promise<unknown>): Promise<number> {
  let turns = 0;
  let isOver = false;
  const counting = (async () => {
    while (!isOver) {
      await nextTurn();
      turns += 1;
    }
  })();
  await work;
  isOver = true;
  await counting;
  return turns;
}

/** A part that is known without waiting for anything, as the registry knows it. */
const part = (id: string) =>
  Promise.resolve(
    takeSnapshot(
      uploadRecord({ id, state: 'finished', kind: 'partial', length: 4, owner: undefined }),
    ),
  );

// Nothing is built here.
const concatenator = new Concatenator(undefined as never, undefined as never);
const ids = Array.from({ length: 4500 }, (_, index) => index.toString(16).padStart(32, '0'));

describe('measuring the parts of a final upload', () => {
  it('lets everything else have its turn', async () => {
    const measuring = concatenator.measure(ids, {}, part);

    expect(await turnsDuring(measuring)).toBeGreaterThan(50);
    expect((await measuring).length).toBe(4 * 4500);
  });

  it('looks once at a part that is named more than once', async () => {
    const asked: string[] = [];
    const { length } = await concatenator.measure(
      ['a', 'b', 'a', 'b', 'b'],
      { maxSize: 100 },
      (id) => {
        asked.push(id);
        return part(id);
      },
    );

    expect(length).toBe(20);
    expect(asked).toEqual(['a', 'b']);
  });

  it.each([
    ['twice its parts, without a limit', ['a', 'a', 'b', 'b'], undefined, 16],
    ['one part many times, within a limit', Array<string>(25).fill('a'), 100, 100],
  ])('allows %s', async (_, parts, maxSize, bytes) => {
    const measured = await concatenator.measure(parts, { maxSize }, part);

    expect(measured.length).toBe(bytes);
    expect(measured.parts.map(({ id }) => id)).toEqual(parts);
  });

  it.each([
    [
      'more than twice its parts, without a limit',
      ['a', 'a', 'a'],
      undefined,
      '12 bytes, at most 8',
    ],
    ['more than a limit', Array<string>(26).fill('a'), 100, '104 bytes, at most 100'],
  ])('refuses %s', async (_, parts, maxSize, message) => {
    await expect(concatenator.measure(parts, { maxSize }, part)).rejects.toMatchObject({
      name: 'UploadTooLargeError',
      message: expect.stringContaining(message),
    });
  });
});

describe('work in steps', () => {
  it('fails with the first that fails, and begins no further step', async () => {
    const begun: number[] = [];
    const items = Array.from({ length: 200 }, (_, item) => item);
    const work = inSteps(items, async (item) => {
      begun.push(item);
      if (item === 70) throw new Error('Item 70.');
    });

    await expect(work).rejects.toThrow('Item 70.');
    expect(begun).toHaveLength(128);
  });
});
