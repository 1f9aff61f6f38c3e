import { isAbsolute, normalize, sep } from 'node:path';

/**
 * Checks where a finished file is to lie: inside the folder for uploads, and not where this module
 * keeps its own.
 *
 * @returns the path, normalized
 * @throws RangeError
 */
export function checkFilePath(path: string): string {
  const normal = normalize(path);
  const [first = ''] = normal.split(sep);
  const isOutside = isAbsolute(normal) || first === '..' || normal.includes('\0');
  const isOurs = first === '.' || first === '.tus' || /^[0-9a-f]{32}$/.test(first);
  if (!isOutside && !isOurs && !normal.endsWith(sep)) return normal;
  throw new RangeError(
    `The path ${JSON.stringify(path)} cannot be given to an upload: it must be a relative one ` +
      'inside tmpFileDir, to a file, and not begin with ".tus" or an upload id.',
  );
}
