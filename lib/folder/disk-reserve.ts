import { randomFillSync } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  rmSync,
  statfsSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { ContextSnapshot } from '../context/index.js';
import { hasCode, NoSpaceError } from '../errors/index.js';
import { isNoSpace } from '../file-system/index.js';
import { PRIVATE_FILE, PRIVATE_FOLDER } from './private-folder.js';

/** Files of the reserve, for a file system may also run out of files, and bytes of each: 1 MiB in all. */
const FILES = 8;
const FILE_BYTES = 128 * 1024;

/** Milliseconds after which it is looked again whether a full disk has room. */
const PAUSE = 1000;

/** Milliseconds for which another process has what it made it give up: as long as a start may take. */
const GRACE = 5000;

/** Who hears that a disk was too full to free room on it, once, and that it has room again. */
export interface DiskReserveObserver {
  full(): void;

  roomAgain(): void;
}

/** Room on a disk that is kept for what frees room, or adds nothing to what the disk holds. */
export interface RoomReserve {
  /**
   * Does some work; when there is no room for it, again, with the reserve given up for it.
   *
   * @param work changes nothing when it throws, or may be repeated
   */
  spend<T>(work: () => Promise<T>): Promise<T>;

  /** Does the same at once. */
  spendSync<T>(work: () => T): T;

  /**
   * Keeps what is new off its room, while some of it is missing.
   *
   * @throws NoSpaceError
   */
  assertWhole(): void;
}

/** For what has none. */
export const NO_RESERVE: RoomReserve = {
  spend: (work) => work(),
  spendSync: (work) => work(),
  assertWhole: () => undefined,
};

/**
 * The reserve of a folder: some files, which are removed when a full disk has no room for the start of
 * an app or for the end of an upload, and are made again at once, as far as there is room then.
 *
 * All is synchronous: it takes some milliseconds, on a disk that is full, and nothing else is to take
 * the room meanwhile.
 */
export class DiskReserve implements RoomReserve {
  private readonly context = new ContextSnapshot();
  private readonly files: readonly string[];
  /** How many works have it now. */
  private spenders = 0;
  private isWhole = true;
  /** When this process left it as it is, if no other did meanwhile. */
  private leftAt = 0;
  /** Looks for room, while the disk is known to be full. */
  private search?: NodeJS.Timeout;
  private ended = false;

  /** @param folder of its files; made when it is not there, but not those around it */
  constructor(
    private readonly folder: string,
    private readonly observer: DiskReserveObserver,
  ) {
    this.files = Array.from({ length: FILES }, (_, index) => join(folder, String(index)));
  }

  /** Makes it, as far as there is room; nothing happens when it is there. */
  begin(): void {
    this.ended = false;
    this.keep();
  }

  /** Looks for room no more. */
  end(): void {
    this.ended = true;
    clearInterval(this.search);
    this.search = undefined;
  }

  async spend<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      this.giveUpFor(error);
    }
    try {
      return await work();
    } finally {
      this.takeBack();
    }
  }

  spendSync<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      this.giveUpFor(error);
    }
    try {
      return work();
    } finally {
      this.takeBack();
    }
  }

  assertWhole(): void {
    if (this.isWhole || (hasRoom(this.folder) && this.keep())) return;
    throw new NoSpaceError();
  }

  private giveUpFor(error: unknown): void {
    if (!saysNoSpace(error)) throw error;
    this.spenders++;
    this.isWhole = false;
    this.files.forEach(removeFile);
    flush(this.folder);
    this.tellFull();
  }

  private takeBack(): void {
    this.spenders--;
    this.keep();
  }

  /** Another process may have given it up, or be making it too. */
  private keep(): boolean {
    if (this.spenders > 0) return false;
    this.isWhole = this.fill();
    this.leftAt = changeOf(this.folder);
    if (!this.isWhole) this.tellFull();
    return this.isWhole;
  }

  private fill(): boolean {
    try {
      makeIfMissing(this.folder);
      for (const file of this.files) fillFile(file);
      return true;
    } catch (error) {
      // What there is no room for is made when there is some; where else it fails, it has to do without.
      return !saysNoSpace(error);
    }
  }

  /** Whether another process may just have given it up, and need the room. */
  private isOthers(): boolean {
    const changedAt = changeOf(this.folder);
    return changedAt !== this.leftAt && Math.abs(Date.now() - changedAt) < GRACE;
  }

  private tellFull(): void {
    if (this.search || this.ended) return;
    this.context.run(() => {
      this.search = setInterval(() => this.lookAgain(), PAUSE).unref();
      this.observer.full();
    });
  }

  private lookAgain(): void {
    const isKept = this.isWhole || (!this.isOthers() && this.keep());
    if (!isKept || !hasRoom(this.folder)) return;
    clearInterval(this.search);
    this.search = undefined;
    this.observer.roomAgain();
  }
}

/** Where even that needs room, as on a file system that stores changes somewhere else, it is emptied. */
function removeFile(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    emptyFile(path);
  }
}

/** Some file systems have the room of what was removed only once they have noted that. */
function flush(folder: string): void {
  try {
    const fd = openSync(folder, constants.O_RDONLY);
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  } catch {
    // Others have it at once, or take no flush of a folder.
  }
}

function emptyFile(path: string): void {
  try {
    truncateSync(path);
  } catch {
    // It is tried without what the file takes.
  }
}

function makeIfMissing(folder: string): void {
  try {
    mkdirSync(folder, { mode: PRIVATE_FOLDER });
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  }
}

/** Adds what a file lacks; what was written before there was no more room stays. */
function fillFile(path: string): void {
  const fd = openSync(
    path,
    constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND,
    PRIVATE_FILE,
  );
  try {
    let missing = FILE_BYTES - fstatSync(fd).size;
    // Zeros would take no room where the file system compresses.
    while (missing > 0) missing -= writeSync(fd, randomFillSync(Buffer.allocUnsafe(missing)));
  } finally {
    closeSync(fd);
  }
}

/** When files of it came or went last. */
function changeOf(folder: string): number {
  return statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** Whether there is room, and are files left, beside the reserve. */
function hasRoom(folder: string): boolean {
  try {
    const { bavail, bsize, files, ffree } = statfsSync(folder);
    // File systems without a fixed number of files report none.
    return bavail * bsize >= FILES * FILE_BYTES && (files === 0 || ffree >= FILES);
  } catch {
    return false;
  }
}

/** Whether it was for want of room that something failed. */
function saysNoSpace(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { cause } = error as Partial<Error>;
  return error instanceof NoSpaceError || isNoSpace(error) || saysNoSpace(cause);
}
