import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { LmdbRegistry } from '../../../lib/registry/lmdb/index.js';
import { makeTempFolder, removeTempFolder } from '../../support/temp-folder.js';
import { uploadRecord } from './records.js';

/** Starts a process, and kills it when it has reported so many times. */
function start(script: string, args: readonly string[], killAfter = Infinity) {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const child = fork(path, args, { execArgv: [] });
  const reports: unknown[] = [];
  child.on('message', (report) => {
    reports.push(report);
    if (reports.length === killAfter) child.kill('SIGKILL');
  });
  return { reports, ended: ending(child) };
}

async function ending(child: ChildProcess): Promise<string> {
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  return signal ?? `code ${code}`;
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
      const child = start('./creator.child.js', [folder, String(durable)], 150);
      expect(await child.ended).toBe('SIGKILL');
      expect(child.reports.length).toBeGreaterThanOrEqual(150);

      await registry.open();
      for (const id of child.reports as string[]) {
        expect(await registry.get(id)).toMatchObject({ id, owner: 'ann' });
      }
      const { items } = await registry.list({ owner: 'ann', limit: 10_000 });
      expect(items.map(({ id }) => id)).toEqual(expect.arrayContaining(child.reports));
      await registry.create(uploadRecord());
    },
  );

  it('see at once what another one acknowledged', async () => {
    const record = uploadRecord({ length: 0, metadata: undefined });
    await registry.open();
    await registry.create(record);
    const child = start('./counter.child.js', [folder, record.id, 'a', '100']);
    let isOver = false;
    void child.ended.then(() => (isOver = true));
    while (!isOver) {
      // A registry that is read all the time must not go on reading an old snapshot.
      for (let i = 0; i < 5; i++) {
        const told = child.reports.length;
        expect((await registry.get(record.id))?.length).toBeGreaterThanOrEqual(told);
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(child.reports).toHaveLength(100);
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
      victim: start('./counter.child.js', args('victim', Infinity), steps / 4),
    };
    expect(await children.victim.ended).toBe('SIGKILL');
    expect(await children.a.ended).toBe('code 0');
    expect(await children.b.ended).toBe('code 0');

    const { length, metadata } = (await registry.get(record.id)) ?? {};
    const counts = JSON.parse(metadata ?? '{}') as Record<string, number>;
    expect(counts).toMatchObject({ a: steps, b: steps });
    expect(counts.victim).toBeGreaterThanOrEqual(children.victim.reports.length);
    expect(length).toBe(counts.a + counts.b + counts.victim);
  });
});
