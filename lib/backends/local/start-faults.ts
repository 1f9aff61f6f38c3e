import { realpathSync } from 'node:fs';
import { isAbsolute, join, relative } from 'node:path';
import { asError, hasCode, NoSpaceError, UnfitFolderError } from '../../errors/index.js';
import { isNoSpace } from '../../file-system/index.js';
import { TusOptionError } from '../../options/index.js';
import { PROCESSES_FOLDER, REGISTRY_FOLDER } from '../../tus.constants.js';
import {
  filesUsedUp,
  folderForbidden,
  folderFull,
  folderReadOnly,
  folderUnusable,
  processesUnusable,
} from './start-faults.messages.js';

/** What an error of the system is told by. */
type SystemError = Partial<Pick<NodeJS.ErrnoException, 'code' | 'syscall' | 'path'>>;

/** Limits of the process, and no fault of what it opens. */
const USED_UP = ['EMFILE', 'ENFILE'];

/** What there is to do about an error of the system in the folder, where that is known. */
const REMEDIES: Readonly<Record<string, (reason: string) => string>> = {
  EACCES: folderForbidden,
  EPERM: folderForbidden,
  EROFS: folderReadOnly,
};

/**
 * What to throw for a fault at the start: what failed and what to do, for all kinds that are known,
 * and the fault itself for all others. The folder is blamed only for its own.
 */
export function startFault(fault: unknown, tmpFileDir: string): unknown {
  const { message } = asError(fault);
  if (hasCode(fault, ...USED_UP)) {
    return new Error(filesUsedUp(tmpFileDir, message), { cause: fault });
  }
  const remedy = remedyFor(fault, message, tmpFileDir);
  if (remedy === undefined) return fault;
  return new TusOptionError('tmpFileDir', tmpFileDir, remedy, { cause: fault });
}

function remedyFor(fault: unknown, message: string, tmpFileDir: string): string | undefined {
  if (fault instanceof UnfitFolderError) return message;
  if (fault instanceof NoSpaceError) return folderFull(message);
  const error = systemErrorOf(fault);
  const isOfSocket = isAboutSocket(error, tmpFileDir);
  if (!isOfSocket && !isAt(tmpFileDir, error.path)) return undefined;
  // What file systems that take no sockets say.
  if (isOfSocket && error.code === 'EPERM') return processesUnusable(message);
  if (isNoSpace(fault)) return folderFull(message);
  const usual = isOfSocket ? processesUnusable : folderUnusable;
  return (REMEDIES[error.code ?? ''] ?? usual)(message);
}

/** Whether it happened to a socket by which processes hear of each other, or where these are. */
function isAboutSocket({ syscall, path }: SystemError, tmpFileDir: string): boolean {
  const sockets = join(tmpFileDir, REGISTRY_FOLDER, PROCESSES_FOLDER);
  const isThere = path !== undefined && isWithin(sockets, path);
  return isThere || syscall === 'listen' || syscall === 'connect';
}

/** Whether a path is a folder's, leads into it, or to one around it, which is made first. */
function isAt(folder: string, path: string | undefined): boolean {
  if (path === undefined) return false;
  return [folder, realPathOf(folder)].some((it) => isWithin(it, path) || isWithin(path, it));
}

function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return !way.startsWith('..') && !isAbsolute(way);
}

function realPathOf(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    return folder;
  }
}

/** What was thrown, as far as it is an error of the system. */
function systemErrorOf(fault: unknown): SystemError {
  if (typeof fault !== 'object' || fault === null) return {};
  const { code, syscall, path } = fault as SystemError;
  return typeof code === 'string' ? { code, syscall, path } : {};
}
