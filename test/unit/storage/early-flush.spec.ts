import { DiskStorage } from '../../../lib/storage/disk/index.js';
import type { UploadFolder } from '../../../lib/storage/disk/upload-folder.js';
import { KeptRecords, newId } from '../../support/kept-records.js';
import { makeTempFolder, removeTempFolder } from '../../support/temp-folder.js';
import { EarlyFlush } from '../../../lib/storage/disk/early-flush.js';
import { eventually } from '../../support/eventually.js';

const STEP = 16 * 1024 * 1024;

/** A file whose flushes end when they are told to. */
class SlowFile {
  /** How many bytes each flush has found. */
  readonly flushes: number[] = [];
  private ends: ((error?: Error) => void)[] = [];

  flush = (size: number): Promise<void> => {
    this.flushes.push(size);
    return new Promise((resolve, reject) =>
      this.ends.push((error) => (error ? reject(error) : resolve())),
    );
  };

  end(error?: Error): void {
    this.ends.shift()?.(error);
  }
}

describe('the flush of a file that is written', () => {
  let file: SlowFile;
  const flushes: EarlyFlush[] = [];
  beforeEach(() => (file = new SlowFile()));
  // There are only some of all files at the same time.
  afterEach(async () => {
    for (let left = flushes.length; left > 0; left -= 1) file.end();
    await Promise.all(flushes.splice(0).map((flush) => flush.settled()));
  });

  function of(target: SlowFile, flushed = 0, disk = new Set<Promise<void>>()): EarlyFlush {
    const flush = new EarlyFlush(flushed, target.flush, disk);
    flushes.push(flush);
    return flush;
  }

  it('begins when enough has come, and not again before as much has', async () => {
    const flush = of(file);
    void flush.advance(STEP - 1);
    expect(file.flushes).toEqual([]);
    expect(flush.advance(STEP)).toBeUndefined();
    expect(flush.advance(3 * STEP - 1)).toBeUndefined();
    expect(file.flushes).toEqual([STEP]);
    file.end();
    await flush.settled();
    void flush.advance(2 * STEP - 1);
    expect(file.flushes).toEqual([STEP]);
    void flush.advance(2 * STEP);
    expect(file.flushes).toEqual([STEP, 2 * STEP]);
  });

  it('leaves out what was flushed before', () => {
    const flush = of(file, 5 * STEP);
    void flush.advance(6 * STEP - 1);
    expect(file.flushes).toEqual([]);
    void flush.advance(6 * STEP);
    expect(file.flushes).toEqual([6 * STEP]);
  });

  it('is one of two at most in a process', async () => {
    const files = [new SlowFile(), new SlowFile(), new SlowFile()];
    const all = files.map((each) => of(each));
    for (const flush of all) void flush.advance(STEP);
    expect(files.map((each) => each.flushes.length)).toEqual([1, 1, 0]);
    files[0]!.end();
    await all[0]!.settled();
    void all[2]!.advance(STEP);
    expect(files[2]!.flushes).toEqual([STEP]);
    for (const each of files) each.end();
  });

  it('is waited for once far more has come, and the next one has begun then', async () => {
    const flush = of(file);
    void flush.advance(STEP);
    let hasWaited = false;
    const waiting = flush.advance(3 * STEP)?.then(() => (hasWaited = true));
    await new Promise(setImmediate);
    expect([waiting === undefined, hasWaited]).toEqual([false, false]);
    file.end();
    await waiting;
    expect(file.flushes).toEqual([STEP, 3 * STEP]);
  });

  it('is waited for where others keep it from beginning', async () => {
    const files = [new SlowFile(), new SlowFile(), new SlowFile()];
    const disk = new Set<Promise<void>>();
    const [first, second, third] = files.map((each) => of(each, 0, disk));
    void first!.advance(STEP);
    void second!.advance(STEP);
    const waiting = third!.advance(2 * STEP);
    expect(files[2]!.flushes).toEqual([]);
    files[0]!.end();
    await waiting;
    expect(files[2]!.flushes).toEqual([2 * STEP]);
    for (const each of files) each.end();
  });

  it('is not waited for where those that keep it from beginning are of another disk', () => {
    const files = [new SlowFile(), new SlowFile(), new SlowFile()];
    const disk = new Set<Promise<void>>();
    const [first, second] = files.map((each) => of(each, 0, disk));
    const third = of(files[2]!);
    void first!.advance(STEP);
    void second!.advance(STEP);
    expect(third.advance(9 * STEP)).toBeUndefined();
    expect(files[2]!.flushes).toEqual([]);
    for (const each of files) each.end();
  });

  it('is not waited for after it has failed: that is told of with the bytes', async () => {
    const flush = of(file);
    void flush.advance(STEP);
    const waiting = flush.advance(3 * STEP);
    file.end(new Error('EIO'));
    await waiting;
    expect(flush.advance(9 * STEP)).toBeUndefined();
    expect(file.flushes).toEqual([STEP]);
  });

  it('keeps what it has failed with, and begins no other', async () => {
    const flush = of(file);
    void flush.advance(STEP);
    file.end(new Error('EIO'));
    await eventually(() => expect(flush.fault).toEqual(new Error('EIO')));
    void flush.advance(9 * STEP);
    expect(file.flushes).toEqual([STEP]);
  });
});

describe('a write', () => {
  let folder: string;
  beforeEach(async () => (folder = await makeTempFolder()));
  afterEach(() => removeTempFolder(folder));

  it('waits once it is far ahead of the disk', async () => {
    const records = new KeptRecords();
    const storage = new DiskStorage({ folder, records, flushesEarly: true });
    await storage.open();
    const { earlyFlushes } = (storage as unknown as { readonly folder: UploadFolder }).folder;
    const files = [new SlowFile(), new SlowFile()];
    for (const { flush } of files) void new EarlyFlush(0, flush, earlyFlushes).advance(STEP);
    const writer = await storage.openWriter(records.of(newId()));

    let hasWritten = false;
    const writing = writer.write([Buffer.alloc(2 * STEP)]).then(() => (hasWritten = true));
    await eventually(() => expect(writer.size).toBe(2 * STEP));
    await new Promise(setImmediate);
    expect(hasWritten).toBe(false);
    for (const file of files) file.end();
    await writing;
    await writer.close();
    await storage.close();
  });
});
