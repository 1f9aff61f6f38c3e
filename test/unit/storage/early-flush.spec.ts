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

  function of(target: SlowFile, flushed = 0): EarlyFlush {
    const flush = new EarlyFlush(flushed, target.flush);
    flushes.push(flush);
    return flush;
  }

  it('begins when enough has come, and not again before as much has', async () => {
    const flush = of(file);
    flush.advance(STEP - 1);
    expect(file.flushes).toEqual([]);
    flush.advance(STEP);
    flush.advance(3 * STEP);
    expect(file.flushes).toEqual([STEP]);
    file.end();
    await flush.settled();
    flush.advance(2 * STEP - 1);
    expect(file.flushes).toEqual([STEP]);
    flush.advance(2 * STEP);
    expect(file.flushes).toEqual([STEP, 2 * STEP]);
  });

  it('leaves out what was flushed before', () => {
    const flush = of(file, 5 * STEP);
    flush.advance(6 * STEP - 1);
    expect(file.flushes).toEqual([]);
    flush.advance(6 * STEP);
    expect(file.flushes).toEqual([6 * STEP]);
  });

  it('is one of two at most in a process', async () => {
    const files = [new SlowFile(), new SlowFile(), new SlowFile()];
    const all = files.map((each) => of(each));
    for (const flush of all) flush.advance(STEP);
    expect(files.map((each) => each.flushes.length)).toEqual([1, 1, 0]);
    files[0]!.end();
    await all[0]!.settled();
    all[2]!.advance(STEP);
    expect(files[2]!.flushes).toEqual([STEP]);
    for (const each of files) each.end();
  });

  it('keeps what it has failed with, and begins no other', async () => {
    const flush = of(file);
    flush.advance(STEP);
    file.end(new Error('EIO'));
    await eventually(() => expect(flush.fault).toEqual(new Error('EIO')));
    flush.advance(9 * STEP);
    expect(file.flushes).toEqual([STEP]);
  });
});
