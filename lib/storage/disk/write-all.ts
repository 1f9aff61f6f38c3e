import { writev } from 'node:fs';

/** One way to write many chunks at a position: that of `fs.writev`. */
export type Writev = (
  fd: number,
  chunks: readonly Uint8Array[],
  position: number,
  done: (error: Error | null, written: number) => void,
) => void;

/**
 * Writes chunks one after the other, until all their bytes are stored or the system refuses.
 *
 * It is written with callbacks so that a call costs one promise, however many chunks there are.
 *
 * @param onWritten told the bytes of each step as soon as they are stored
 */
export function writeAll(
  fd: number,
  chunks: readonly Uint8Array[],
  position: number,
  onWritten: (bytes: number) => void,
  write: Writev = writev,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const step = (rest: readonly Uint8Array[], at: number): void => {
      if (rest.length === 0) return resolve();
      write(fd, rest, at, (error, written) => {
        if (error) return reject(error);
        if (written === 0) return reject(new Error('The file system stored nothing.'));
        onWritten(written);
        step(withoutFirst(rest, written), at + written);
      });
    };
    step(withoutFirst(chunks, 0), position);
  });
}

/** What is left of chunks when their first bytes are gone: views, no copies. */
function withoutFirst(chunks: readonly Uint8Array[], bytes: number): readonly Uint8Array[] {
  let left = bytes;
  const index = chunks.findIndex((chunk) => {
    if (chunk.byteLength > left) return true;
    left -= chunk.byteLength;
    return false;
  });
  if (index === -1) return [];
  if (index === 0 && left === 0) return chunks;
  return [chunks[index].subarray(left), ...chunks.slice(index + 1)];
}
