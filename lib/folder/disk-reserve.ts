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

/** Milliseconds between two looks for room on a full disk. */
const PAUSE = 1000;

/**
 * Milliseconds that another process has to use the room it has freed: as long as a start may take.
 */
const GRACE = 5000;

/** Is told once that a disk was too full to free room on it, and that it has room again. */
export interface DiskReserveObserver {
  full(): void;

  roomAgain(): void;
}

/** Room on a disk, kept for work that frees room or that adds nothing to what the disk holds. */
export interface RoomReserve {
  /**
   * Does some work. If there is no room for it, gives up the reserve and does it again.
   *
   * @param work changes nothing when it throws, or may be repeated
   */
  spend<T>(work: () => Promise<T>): Promise<T>;

  /** Does the same synchronously. */
  spendSync<T>(work: () => T): T;

  /**
   * Refuses new uploads while part of the reserve is missing.
   *
   * @throws NoSpaceError
   */
  assertWhole(): void;
}

/** Stands for no reserve. */
export const NO_RESERVE: RoomReserve = {
  spend: (work) => work(),
  spendSync: (work) => work(),
  assertWhole: () => undefined,
};

/**
 * The reserve of a folder: some files. They are removed when a full disk has no room for an app to
 * start or an upload to end, and are made again at once, as far as there is room.
 *
 * All of it is synchronous, so that nothing else takes the room in between. It takes some
 * milliseconds, and only on a full disk.
 */
export class DiskReserve implements RoomReserve {
  private readonly context = new ContextSnapshot();
  private readonly files: readonly string[];
  /** How many pieces of work use it now. */
  private spenders = 0;
  private isWhole = true;
  /** When this process last changed it; a later change is another process's. */
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
      // Without room it is made later. After any other failure the app does without it.
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

/** On a copy-on-write file system even removing needs room; then the file is emptied. */
function removeFile(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    emptyFile(path);
  }
}

/** Some file systems free the room of a removed file only with the next flush. */
function flush(folder: string): void {
  try {
    const fd = openSync(folder, constants.O_RDONLY);
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  } catch {
    // Other file systems free it at once, or cannot flush a folder.
  }
}

function emptyFile(path: string): void {
  try {
    truncateSync(path);
  } catch {
    // The work is tried without the room that the file takes.
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

/** When a file of it was last made or removed. */
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

/** Whether something failed for lack of room. */
function saysNoSpace(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { cause } = error as Partial<Error>;
  return error instanceof NoSpaceError || isNoSpace(error) || saysNoSpace(cause);
}
