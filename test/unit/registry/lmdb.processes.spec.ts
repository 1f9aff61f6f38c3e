import { fileURLToPath } from 'node:url';
import { LmdbRegistry } from '../../../lib/registry/lmdb/index.js';
import { makeTempFolder, removeTempFolder } from '../../support/temp-folder.js';
import { TestProcess } from '../../support/test-process.js';
import { uploadRecord } from './records.js';

/** Starts a script beside this one. */
function start(script: string, args: readonly string[]): TestProcess {
  return new TestProcess(fileURLToPath(new URL(script, import.meta.url)), args);
}

/** Kills a process when it has reported so many times. */
async function killAfter(count: number, child: TestProcess): Promise<void> {
  await child.until(() => child.messages[count - 1]);
  expect(await child.end('SIGKILL')).toBe('SIGKILL');
}

describe('the LMDB registry and its processes', () => {
  let folder: string;
  let registry: LmdbRegistry;
  beforeEach(async () => {
    folder = await makeTempFolder();
    registry = new LmdbRegistry({ folder, durable: true });
  });
  afterEach(async () => {
    await registry.close();
    await removeTempFolder(folder);
  });

  it.each([true, false])(
    'lose nothing acknowledged when one is killed in the middle (durable: %p)',
    async (durable) => {
      const child = start('./creator.child.js', [folder, String(durable)]);
      await killAfter(150, child);
      expect(child.messages.length).toBeGreaterThanOrEqual(150);

      await registry.open();
      for (const id of child.messages as string[]) {
        expect(await registry.get(id)).toMatchObject({ id, owner: 'ann' });
      }
      const { items } = await registry.list({ owner: 'ann', limit: 10_000 });
      expect(items.map(({ id }) => id)).toEqual(expect.arrayContaining(child.messages));
      await registry.create(uploadRecord());
    },
  );

  it('see at once what another one acknowledged', async () => {
    const record = uploadRecord({ length: 0, metadata: undefined });
    await registry.open();
    await registry.create(record);
    const child = start('./counter.child.js', [folder, record.id, 'a', '100']);
    let isOver = false;
    void child.ended().then(() => (isOver = true));
    while (!isOver) {
      // A registry that is read all the time must not go on reading an old snapshot.
      for (let i = 0; i < 5; i++) {
        const told = child.messages.length;
        expect((await registry.get(record.id))?.length).toBeGreaterThanOrEqual(told);
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(child.messages).toHaveLength(100);
  });

  it('lose no step of counting together, though one is killed in the middle', async () => {
    const steps = 200;
    const record = uploadRecord({ length: 0, metadata: undefined });
    await registry.open();
    await registry.create(record);

    const args = (name: string, most = steps) => [folder, record.id, name, String(most)];
    const children = {
      a: start('./counter.child.js', args('a')),
      b: start('./counter.child.js', args('b')),
      victim: start('./counter.child.js', args('victim', Infinity)),
    };
    await killAfter(steps / 4, children.victim);
    await Promise.all([children.a.ended(), children.b.ended()]);
    const outcomes = [children.a, children.b].map(({ exitCode, errorOutput }) => [
      exitCode,
      errorOutput,
    ]);
    expect(outcomes).toEqual([
      [0, ''],
      [0, ''],
    ]);

    const { length, metadata } = (await registry.get(record.id)) ?? {};
    const counts = JSON.parse(metadata ?? '{}') as Record<string, number>;
    expect(counts).toMatchObject({ a: steps, b: steps });
    expect(counts.victim).toBeGreaterThanOrEqual(children.victim.messages.length);
    expect(length).toBe(counts.a + counts.b + counts.victim);
  });
});
