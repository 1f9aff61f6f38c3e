import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { NoSpaceError } from '../../../lib/errors/index.js';
import { explainFailure } from '../../../lib/registry/lmdb/lmdb.errors.js';
import { toStorageError } from '../../../lib/storage/disk/disk.errors.js';
import type { FullDiskReport } from './full-disk.report.js';
import { findSmallDisk } from './small-disk.js';
import type { SmallDisk } from './small-disk.js';

const REFUSED = 'NoSpaceError with a cause';

const smallDisk = await findSmallDisk('tmpfs');
const copyOnWrite = await findSmallDisk('btrfs');

describe('a full disk', () => {
  it.each(['ENOSPC', 'EDQUOT'])('is what the system means by %s', async (code) => {
    const cause = Object.assign(new Error(code), { code });
    for (const error of [toStorageError(cause), await explainFailure(cause, tmpdir())]) {
      expect(error).toBeInstanceOf(NoSpaceError);
      expect((error as NoSpaceError).cause).toBe(cause);
    }
  });

  it.each(['EACCES', 'EIO', 'EROFS', 'ENOENT'])(
    'is not what the system means by %s',
    async (code) => {
      const error = Object.assign(new Error(code), { code });
      expect(toStorageError(error)).toBe(error);
      expect(await explainFailure(error, tmpdir())).toBe(error);
    },
  );

  if (smallDisk) {
    describe.each([true, false])('that is real (durable: %p)', (durable) => {
      const run = runOnce(() => runOn(smallDisk, durable));
      describeRegistry(run);
      describeStorage(run);
    });
  }

  if (copyOnWrite) {
    describe('that stores changes somewhere else', () => {
      describeRegistry(runOnce(() => runOn(copyOnWrite, true, 'registry')));
    });
  }
});

async function runOn(
  disk: SmallDisk,
  durable: boolean,
  ...only: string[]
): Promise<FullDiskReport> {
  const script = fileURLToPath(new URL('./full-disk.child.js', import.meta.url));
  const output = await disk((path, elsewhere) => [
    process.execPath,
    script,
    path,
    elsewhere,
    String(durable),
    ...only,
  ]);
  return JSON.parse(output.trim().split('\n').at(-1) ?? '') as FullDiskReport;
}

type Run = () => Promise<FullDiskReport>;

function runOnce(run: Run): Run {
  let report: Promise<FullDiskReport> | undefined;
  return () => (report ??= run());
}

function describeRegistry(run: Run): void {
  let report: FullDiskReport;
  beforeAll(async () => {
    report = await run();
  });

  it('makes the registry refuse what finds no room, and nothing else', () => {
    const { before, full } = report.registry;
    expect(before.outcomes).toEqual(['done']);
    expect(full.refused.length).toBeGreaterThan(0);
    expect(full.outcomes.filter((it) => it !== 'done')).toEqual([REFUSED]);
  });

  it('costs the registry nothing it acknowledged, and leaves nothing of what it refused', () => {
    const { before, full, heldWhenFull, heldAfterRestart } = report.registry;
    const acknowledged = [...before.acknowledged, ...full.acknowledged].sort();
    expect(heldWhenFull).toEqual(acknowledged);
    expect(heldAfterRestart).toEqual(acknowledged);
  });

  it('leaves a record that could not be changed as it was', () => {
    const { changes, stateAfterChange, deliveriesAfterChange } = report.registry;
    expect(changes).toEqual([REFUSED, REFUSED, 'done']);
    expect(stateAfterChange).toBe('receiving');
    expect(deliveriesAfterChange).toBe(0);
  });

  it('lets the registry go on by itself once there is room', () => {
    const { before, full, after, heldAfterRoom } = report.registry;
    expect(after.outcomes).toEqual(['done']);
    expect(after.acknowledged).toHaveLength(160);
    const acknowledged = [before, full, after].flatMap((tally) => tally.acknowledged).sort();
    expect(heldAfterRoom).toEqual(acknowledged);
  });

  it('makes a first start fail, without a trace, until there is room', () => {
    expect(report.firstStart).toEqual({ whenFull: REFUSED, orphans: [], withRoom: 'done' });
  });
}

function describeStorage(run: Run): void {
  let report: FullDiskReport;
  beforeAll(async () => {
    report = await run();
  });

  it('makes the storage say how much it stored of what it was given', () => {
    const { write, again, given, size, sizeOnDisk, told } = report.storage;
    expect(write).toBe(REFUSED);
    expect(again).toBe(REFUSED);
    expect(size).toBe(sizeOnDisk);
    expect(told).toBe(sizeOnDisk);
    expect(size).toBeGreaterThan(0);
    expect(size).toBeLessThan(given);
  });

  it('lets the storage go on once there is room', () => {
    const { afterRoom, finalSize } = report.storage;
    expect(afterRoom).toBe('done');
    expect(finalSize).toBe(1500);
  });

  it('makes a move to it fail, with the file where it was, until there is room', () => {
    expect(report.move).toEqual({
      whenFull: REFUSED,
      orphans: [],
      sourceSize: 1_000_000,
      withRoom: 'done',
      moved: ['file'],
    });
  });
}
