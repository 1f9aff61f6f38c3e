import { close, createReadStream, fstat, open, read } from 'node:fs';
import type { Readable } from 'node:stream';
import { FileChangedError } from '../../errors/index.js';
import type { ReadOptions } from '../storage.interface.js';
import { explainOpening, kindFault, READ } from './own-file.js';

type Opened = (error: Error | null, fd?: number) => void;

/** The bytes of an upload's file; fails with a `FileChangedError` when something else lies there. */
export function readFileOf(id: string, path: string, options: ReadOptions): Readable {
  const { start, end, blockSize: highWaterMark } = options;
  const openOwn = (_path: string, _flags: string, _mode: number, done: Opened) =>
    openFile(id, path, done);
  return createReadStream(path, { start, end, highWaterMark, fs: { open: openOwn, read, close } });
}

/** By callbacks, as a stream asks for it. */
function openFile(id: string, path: string, done: Opened): void {
  open(path, READ, (error, fd) => {
    if (error) return done(explainOpening(id, error) as Error);
    fstat(fd, (unseen, found) => {
      const fault = unseen ? undefined : kindFault(found);
      const reason = fault === undefined ? unseen : new FileChangedError(id, fault);
      if (!reason) return done(null, fd);
      close(fd, () => done(reason));
    });
  });
}
