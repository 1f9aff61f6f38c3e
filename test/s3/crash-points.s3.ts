import type { UploadRecord } from '../../lib/registry/upload-record.interface.js';
import type { UploadStorage } from '../../lib/storage/storage.interface.js';
import { Mortal } from '../support/s3/mortal-client.js';
import { bytes, MIB, S3World } from '../support/s3/s3-world.js';

const CONTENT = bytes(13 * MIB);

/** So that a few megabytes are several parts. */
const OPTIONS = { partSize: 5 * MIB };

/** Sizes of requests; the rest comes with the last one. */
interface Story {
  readonly name: string;
  readonly requests: readonly number[];
  readonly length: number;
  readonly filePath?: string;
}

const STORIES: readonly Story[] = [
  { name: 'a small upload with a place of its own', requests: [], length: 1000, filePath: 'a/b' },
  { name: 'a small upload in two requests', requests: [600], length: 1000 },
  { name: 'a remainder before parts', requests: [600, 6 * MIB], length: 7 * MIB, filePath: 'a/d' },
  { name: 'one long request', requests: [], length: 13 * MIB },
  { name: 'requests of any size', requests: [MIB, 11 * MIB, 100], length: 13 * MIB },
  { name: 'requests with a part each', requests: [5 * MIB], length: 11 * MIB, filePath: 'a/c' },
];

/**
 * Sends from where the record says, as a client does that comes back.
 *
 * @param acknowledge called with the offset of each answer
 */
async function send(
  world: S3World,
  storage: UploadStorage,
  upload: UploadRecord,
  story: Story,
  acknowledge: (offset: number) => void = () => undefined,
): Promise<void> {
  const offset = () => world.state(upload)?.size ?? 0;
  let bound = 0;
  for (const size of story.requests) {
    bound += size;
    if (offset() >= bound) continue;
    await world.append(storage, upload, CONTENT.subarray(offset(), bound));
    acknowledge(bound);
  }
  await world.finish(storage, upload, CONTENT.subarray(offset(), story.length));
}

describe.each(STORIES)('a process that dies over $name', (story) => {
  let world: S3World;

  beforeEach(async () => {
    world = new S3World();
    await world.make();
  });

  afterEach(() => world.close());

  async function stepsOf(): Promise<number> {
    const mortal = new Mortal();
    const storage = await world.storage(OPTIONS, mortal);
    const upload = world.upload(story);
    await send(world, storage, upload, story);
    await storage.remove(world.now(upload));
    return mortal.steps;
  }

  it('loses nothing that was acknowledged, at any step', async () => {
    const steps = await stepsOf();
    for (let after = 0; after < steps; after += 1) {
      const { length, filePath } = story;
      const upload = world.upload({ length, filePath });
      const dying = world.started(OPTIONS, new Mortal({ after }));
      let acknowledged = 0;
      const note = (offset: number) => (acknowledged = offset);
      await send(world, dying, upload, story, note).catch(() => undefined);

      const storage = world.started(OPTIONS);
      // A death over the tidying up comes after the finish was committed.
      if (world.now(upload).state === 'receiving') {
        expect(world.state(upload)?.size ?? 0).toBeGreaterThanOrEqual(acknowledged);
        await send(world, storage, upload, story);
      } else await storage.tidy(world.now(upload));
      const finished = world.now(upload);
      const content = await world.read(storage, finished);
      expect(content.equals(CONTENT.subarray(0, length))).toBe(true);
      expect(await world.bucket.all()).toEqual([filePath ?? upload.id]);
      await storage.remove(finished);
      expect(await world.bucket.all()).toEqual([]);
    }
  });

  it('can be cleared away after any step', async () => {
    const steps = await stepsOf();
    for (let after = 0; after < steps; after += 1) {
      const { length, filePath } = story;
      const upload = world.upload({ length, filePath });
      const dying = world.started(OPTIONS, new Mortal({ after }));
      await send(world, dying, upload, story).catch(() => undefined);
      const storage = world.started(OPTIONS);
      if (world.now(upload).state === 'receiving') await world.end(storage, upload);
      else await world.removeObject(storage, upload);
      expect(await world.bucket.all()).toEqual([]);
    }
  });
});
