import { randomBytes } from 'node:crypto';
import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { codeOf, hasCode, NoSpaceError, UnfitFolderError } from '../../errors/index.js';
import { isNoSpace } from '../../file-system/index.js';
import { lacksRoom } from './room.js';

/** LMDB's own code for a map that cannot grow any more. */
const MDB_MAP_FULL = -30792;

/** LMDB's own code for a root page that could not be written. */
const MDB_PANIC = -30795;

/** LMDB's own code where as many read as there is room for in its table of readers. */
const MDB_READERS_FULL = -30790;

/** Processes that can read an environment at a time, at least; fixed when its lock file is made. */
export const MAX_READERS = 1024;

/** ERROR_HANDLE_DISK_FULL, ERROR_DISK_FULL and ERROR_DISK_QUOTA_EXCEEDED of Windows. */
const WINDOWS_NO_SPACE = [39, 112, 1295];

/** What LMDB says of it, beside what the system does. */
const NO_SPACE = [MDB_MAP_FULL, ...(process.platform === 'win32' ? WINDOWS_NO_SPACE : [])];

/** Free bytes below which nothing is written: more than most transactions take. */
const LEAST_ROOM = 128 * 1024;

/** Free bytes below which a write that was cut short is put down to a full disk: 16 MiB. */
const NEARLY_FULL = 16 * 1024 * 1024;

/**
 * Whether an error of the system or of LMDB means that there is no room.
 *
 * @param folder where the environment lies
 */
export function meansNoSpace(error: unknown, folder: string): boolean {
  return saysNoSpace(error) || (saysCutShort(error) && roomIn(folder) < NEARLY_FULL);
}

/** Bytes that are free on the disk of a folder; as many as can be where that cannot be told. */
export function roomIn(folder: string): number {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return Infinity;
  }
}

/**
 * Refuses a write for which there may be no room: LMDB (3.5.6) writes beyond its memory when it says
 * which page it could not store, and the process may end some time later.
 *
 * @param folder where the environment lies
 * @throws NoSpaceError
 */
export function assertRoom(folder: string): void {
  if (roomIn(folder) >= LEAST_ROOM) return;
  // Where changes are stored somewhere else, it may say 0 all the same.
  const probe = join(folder, `.probe-${randomBytes(8).toString('hex')}`);
  try {
    writeFileSync(probe, Buffer.alloc(LEAST_ROOM), { flag: 'wx' });
  } catch (cause) {
    throw new NoSpaceError({ cause });
  } finally {
    rmSync(probe, { force: true });
  }
}

function saysNoSpace(error: unknown): boolean {
  return isNoSpace(error) || hasCode(error, ...NO_SPACE);
}

/**
 * Whether a commit failed because of the disk: LMDB's codes for mistakes of its callers are negative,
 * those of the system are not.
 *
 * @param error as {@link explainFailure} gives it
 */
export function isFaultOfDisk(error: unknown): boolean {
  const code = codeOf(error);
  return code === MDB_PANIC || (typeof code === 'number' && code > 0);
}

/**
 * Says what became of a write that LMDB rejected, in the words of this module.
 *
 * LMDB rejects a failed commit with an error that carries the reason as a promise, `commitError`.
 * That promise rejects too and ends the process when it is not handled, so it is awaited here.
 *
 * @param folder where the environment lies
 * @returns a `NoSpaceError` when there was no room, else the reason.
 */
export async function explainFailure(error: unknown, folder: string): Promise<unknown> {
  const reason = await commitReason(error);
  const isFull =
    meansNoSpace(reason, folder) || (saysCutShort(reason) && (await lacksRoom(folder)));
  return isFull ? new NoSpaceError({ cause: reason }) : reason;
}

/**
 * Says why an environment cannot be opened, in the words of this module.
 *
 * @param folder where the environment lies, or is to lie
 * @returns an `UnfitFolderError` with a remedy, a `NoSpaceError`, or else the reason
 */
export async function explainOpening(error: unknown, folder: string): Promise<unknown> {
  const cause = await explainFailure(error, folder);
  const isCrowded = hasCode(cause, MDB_READERS_FULL);
  return isCrowded ? new UnfitFolderError(tooManyReaders(folder), { cause }) : cause;
}

function tooManyReaders(folder: string): string {
  return (
    `As many processes as can be use the upload registry in ${folder}: at least ${MAX_READERS}, and 126 ` +
    'as long as one of them is of an earlier version. End some, or give this one a tmpFileDir of its own.'
  );
}

async function commitReason(error: unknown): Promise<unknown> {
  if (typeof error !== 'object' || error === null || !('commitError' in error)) return error;
  try {
    await error.commitError;
    return error;
  } catch (reason) {
    return reason;
  }
}

/** LMDB reports a write that stored only its beginning, as on a disk or quota just used up, as EIO. */
function saysCutShort(error: unknown): boolean {
  return hasCode(error, constants.errno.EIO);
}
