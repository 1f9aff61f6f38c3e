import {
  close,
  closeSync,
  fchmod,
  fchmodSync,
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
import { isLocal, mayBeSlow } from './fast-file-systems.js';

/** Now, or later. */
export type Eventually<T> = T | Promise<T>;

const inPool = {
  close: promisify(close),
  fchmod: promisify(fchmod),
  fstat: promisify(fstat),
  lstat: promisify(lstat),
  open: promisify(open),
  stat: promisify(stat),
};

/**
 * The calls to one disk that transfer no bytes. They run on the event loop as long as the disk
 * answers at once, see {@link DiskPace}; else they return a promise.
 */
export class DiskCalls {
  private local = false;

  constructor(private readonly pace = new DiskPace()) {}

  /** Whether all processes that have the folder are known to see the same of it at once. */
  get isLocal(): boolean {
    return this.local;
  }

  /** Keeps all calls off the event loop unless the folder's file system is known to be fast. */
  async examine(folder: string): Promise<void> {
    if (await mayBeSlow(folder)) this.pace.distrust();
    this.local = await isLocal(folder);
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

  fchmod(fd: number, mode: number): Eventually<void> {
    return this.pace.run(
      () => fchmodSync(fd, mode),
      () => inPool.fchmod(fd, mode),
    );
  }

  /** Opens an existing file. To create one would wait for the disk. */
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
