import type { Writev } from '../../../lib/storage/disk/write-all.js';
import { writeAll } from '../../../lib/storage/disk/write-all.js';

/** A file that stores at most so many bytes at a time, and as many as fit in all. */
class SlowFile {
  bytes = Buffer.alloc(0);
  steps = 0;

  constructor(
    private readonly most: number,
    private readonly room = Infinity,
  ) {}

  readonly write: Writev = (_fd, chunks, position, done) => {
    this.steps++;
    expect(position).toBe(this.bytes.length);
    const most = Math.min(this.most, this.room - this.bytes.length);
    const next = Buffer.concat(chunks).subarray(0, most);
    this.bytes = Buffer.concat([this.bytes, next]);
    const error = most === 0 ? Object.assign(new Error('full'), { code: 'ENOSPC' }) : null;
    setImmediate(done, error, next.length);
  };

  async store(chunks: readonly Uint8Array[]): Promise<number> {
    let counted = 0;
    const count = (bytes: number) => {
      counted += bytes;
      expect(counted).toBe(this.bytes.length);
    };
    await writeAll(1, chunks, 0, count, this.write);
    return counted;
  }
}

describe('writing many chunks to a file', () => {
  const chunks = ['ab', '', 'cde', 'f', '', 'ghijkl', ''].map((text) => Buffer.from(text));

  it.each([1, 2, 3, 4, 5, 7, 11, 12, 100])(
    'goes on after %i bytes when the system stores no more at a time',
    async (most) => {
      const file = new SlowFile(most);
      expect(await file.store(chunks)).toBe(12);
      expect(file.bytes.toString()).toBe('abcdefghijkl');
      expect(file.steps).toBe(Math.ceil(12 / most));
    },
  );

  it('does not ask the system when there is nothing to store', async () => {
    const file = new SlowFile(10);
    expect(await file.store([])).toBe(0);
    expect(await file.store([Buffer.alloc(0)])).toBe(0);
    expect(file.steps).toBe(0);
  });

  it('tells of every byte that was stored before the system refused', async () => {
    const file = new SlowFile(4, 9);
    let stored = 0;
    const written = writeAll(1, chunks, 0, (bytes) => (stored += bytes), file.write);
    await expect(written).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(stored).toBe(9);
    expect(file.bytes.toString()).toBe('abcdefghi');
  });

  it('gives up on a system that stores nothing and does not say why', async () => {
    const stuck: Writev = (_fd, _chunks, _position, done) => setImmediate(done, null, 0);
    await expect(writeAll(1, chunks, 0, () => undefined, stuck)).rejects.toThrow(/stored nothing/);
  });

  it('hands over the chunks as they are, without copies', async () => {
    const seen: Uint8Array[] = [];
    const file = new SlowFile(4);
    const spy: Writev = (fd, given, position, done) => {
      seen.push(...given);
      file.write(fd, given, position, done);
    };
    await writeAll(1, chunks, 0, () => undefined, spy);
    const buffers = new Set(chunks.map(({ buffer }) => buffer));
    expect(seen.every(({ buffer }) => buffers.has(buffer as ArrayBuffer))).toBe(true);
  });
});
