import { constants, type Stats } from 'node:fs';
import { FileChangedError, hasCode } from '../../errors/index.js';

/** Follows no symbolic link, and does not wait for the other end of a pipe; Windows has neither. */
const PLAIN = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** How the file of an upload is opened that is there. */
export const READ = constants.O_RDONLY | PLAIN;
export const APPEND = constants.O_RDWR | PLAIN;

/** What tells a file from every other one that is there. */
export type FileIdentity = Pick<Stats, 'dev' | 'ino'>;

/**
 * What is wrong with what lies under the name of a file, as the end of a sentence.
 *
 * @returns `undefined` where it is a file
 */
export function kindFault(found: Stats): string | undefined {
  if (found.isFile()) return undefined;
  if (found.isSymbolicLink()) return 'has become a symbolic link';
  return found.isDirectory() ? 'has become a folder' : 'has become what is no regular file';
}

/** Does the same for the very file that had so many bytes when it was looked at last. */
export function changeOf(
  found: Stats | undefined,
  own: FileIdentity | undefined,
  size: number,
): string | undefined {
  if (!found) return 'was removed';
  const fault = kindFault(found);
  if (fault) return fault;
  const isOwn = found.ino === own?.ino && found.dev === own.dev;
  return isOwn ? sizeFault(found.size, size) : 'was replaced by another one';
}

/** Does the same for a file that is to have so many bytes. */
export function sizeFault(size: number, wanted: number): string | undefined {
  return size === wanted
    ? undefined
    : `has ${size} bytes, and not the ${wanted} that were uploaded`;
}

/** What it means that a file could not be opened: that a link is not followed, among others. */
export function explainOpening(id: string, error: unknown): unknown {
  return hasCode(error, 'ELOOP') ? new FileChangedError(id, 'has become a symbolic link') : error;
}

/** @throws FileChangedError for what is wrong with the file of an upload, if anything is */
export function refuse(id: string, fault: string | undefined): void {
  if (fault !== undefined) throw new FileChangedError(id, fault);
}
