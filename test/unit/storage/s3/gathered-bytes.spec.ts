import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { GatheredBytes } from '../../../../lib/storage/s3/gathering/gathered-bytes.js';
import { BLOCK, GatheringMemory } from '../../../../lib/storage/s3/gathering/gathering-memory.js';
import { ScratchFolder } from '../../../../lib/storage/s3/gathering/scratch-folder.js';
import { listFiles, makeTempFolder, removeTempFolder } from '../../../support/temp-folder.js';

const CONTENT = randomBytes(3 * BLOCK);

let folder: string;

beforeEach(async () => {
  folder = await makeTempFolder();
});

afterEach(() => removeTempFolder(folder));

async function all(gathered: GatheredBytes): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of gathered.read()) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

describe('gathered bytes', () => {
  it('are those that came, in memory or not, cut back or not, and memory has a bound', async () => {
    const sizes = fc.array(fc.integer({ min: 0, max: BLOCK }), { maxLength: 12 });
    const mark = fc.constantFrom(0, 1000, BLOCK, 2 * BLOCK, 10 * BLOCK);
    await fc.assert(
      fc.asyncProperty(
        sizes,
        mark,
        fc.double({ min: 0, max: 1, noNaN: true }),
        async (...given) => {
          const [chunks, bound, share] = given;
          const memory = new GatheringMemory(bound);
          const gathered = new GatheredBytes(memory, new ScratchFolder(folder));
          let expected = Buffer.alloc(0);
          for (const size of chunks) {
            const chunk = CONTENT.subarray(size, 2 * size);
            await gathered.append(chunk);
            expected = Buffer.concat([expected, chunk]);
            expect(memory.size).toBeLessThanOrEqual(bound);
          }
          expect((await all(gathered)).equals(expected)).toBe(true);

          const left = Math.floor(expected.length * share);
          gathered.truncate(left);
          await gathered.append(CONTENT.subarray(0, 100));
          const cut = Buffer.concat([expected.subarray(0, left), CONTENT.subarray(0, 100)]);
          expect((await all(gathered)).equals(cut)).toBe(true);
          expect(gathered.size).toBe(cut.length);
          await gathered.free();
          expect(memory.size).toBe(0);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('wait for room as long as there may be some, and go to a file after that', async () => {
    const memory = new GatheringMemory(BLOCK);
    const before = memory.takeBlock()!;
    const scratch = new ScratchFolder(folder);
    const files = jest.spyOn(scratch, 'make');
    const makeRoom = jest
      .fn<Promise<boolean>, []>()
      .mockResolvedValueOnce(true)
      .mockImplementationOnce(() => {
        memory.releaseBlock(before);
        return Promise.resolve(true);
      })
      .mockResolvedValue(false);
    const gathered = new GatheredBytes(memory, scratch, makeRoom);
    await gathered.append(CONTENT.subarray(0, BLOCK));
    expect(makeRoom).toHaveBeenCalledTimes(2);
    expect(gathered.isInMemory).toBe(true);
    expect(files).not.toHaveBeenCalled();

    await gathered.append(CONTENT.subarray(BLOCK));
    expect(makeRoom).toHaveBeenCalledTimes(3);
    expect(gathered.isInMemory).toBe(false);
    expect((await all(gathered)).equals(CONTENT)).toBe(true);
    await gathered.free();
  });

  it('leave no file with a name, so that a crash leaves none', async () => {
    const gathered = new GatheredBytes(new GatheringMemory(0), new ScratchFolder(folder));
    await gathered.append(CONTENT);
    expect(await listFiles(folder)).toEqual([]);
    expect((await all(gathered)).equals(CONTENT)).toBe(true);
    await gathered.free();
  });
});
