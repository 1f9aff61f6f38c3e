import { isAbsolute, normalize, sep } from 'node:path';
import { isOwnName } from '../../storage/index.js';

/** Bytes of the longest name that common file systems take. */
const LONGEST_NAME = 255;

/**
 * Checks where a finished file is to lie: inside the folder for uploads, and not where this module
 * keeps its own.
 *
 * @returns the path, normalized
 * @throws RangeError
 */
export function checkFilePath(path: string): string {
  const normal = normalize(path);
  const names = normal.split(sep);
  const [first = ''] = names;
  const isOutside = isAbsolute(normal) || first === '..' || normal.includes('\0');
  const isOurs = first === '.' || isOwnName(first);
  const isTooLong = names.some((name) => Buffer.byteLength(name) > LONGEST_NAME);
  if (!isOutside && !isOurs && !isTooLong && !normal.endsWith(sep)) return normal;
  throw new RangeError(
    `The path ${JSON.stringify(path)} cannot be given to an upload: it must be a relative one ` +
      `inside tmpFileDir, name a file, have names of at most ${LONGEST_NAME} bytes, and not begin ` +
      'with ".tus", an upload id, or another name that this module gives its files.',
  );
}
