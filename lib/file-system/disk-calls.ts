import {
  close,
  closeSync,
  fstat,
  fstatSync,
  lstat,
  lstatSync,
  open,
  openSync,
  stat,
  statSync,
  type Stats,
} from 'node:fs';
import { promisify } from 'node:util';
import { hasCode } from '../errors/index.js';
import { DiskPace } from './disk-pace.js';
import { mayBeSlow } from './fast-file-systems.js';

/** Now, or later. */
export type Eventually<T> = T | Promise<T>;

const inPool = {
  close: promisify(close),
  fstat: promisify(fstat),
  lstat: promisify(lstat),
  open: promisify(open),
  stat: promisify(stat),
};

/**
 * The calls to one disk that ask for no bytes: on the event loop as long as they are answered at once,
 * see {@link DiskPace}. They are awaited, or cost nothing.
 */
export class DiskCalls {
  constructor(private readonly pace = new DiskPace()) {}

  /** Keeps all calls off the event loop where a folder is on no file system that is known to be fast. */
  async examine(folder: string): Promise<void> {
    if (await mayBeSlow(folder)) this.pace.distrust();
  }

  /** What a path leads to; `undefined` when nothing is there. */
  stat(path: string): Eventually<Stats | undefined> {
    return this.pace.run(
      () => statSync(path, { throwIfNoEntry: false }),
      () => inPool.stat(path).catch(undefinedIfGone),
    );
  }

  /** What lies at a path, be it a link; `undefined` when nothing does. */
  lstat(path: string): Eventually<Stats | undefined> {
    return this.pace.run(
      () => lstatSync(path, { throwIfNoEntry: false }),
      () => inPool.lstat(path).catch(undefinedIfGone),
    );
  }

  fstat(fd: number): Eventually<Stats> {
    return this.pace.run(
      () => fstatSync(fd),
      () => inPool.fstat(fd),
    );
  }

  /** Opens what is there; to make a file waits for the disk, and is not for here. */
  open(path: string, flags: number): Eventually<number> {
    return this.pace.run(
      () => openSync(path, flags),
      () => inPool.open(path, flags),
    );
  }

  close(fd: number): Eventually<void> {
    return this.pace.run(
      () => closeSync(fd),
      () => inPool.close(fd),
    );
  }
}

function undefinedIfGone(error: unknown): undefined {
  if (hasCode(error, 'ENOENT')) return undefined;
  throw error;
}
