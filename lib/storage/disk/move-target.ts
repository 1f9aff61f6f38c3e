import { relative, resolve, sep } from 'node:path';
import { isOwnName } from './file-names.js';
import { realPath } from './folders.js';

/**
 * The absolute path that an application means to move a file to.
 *
 * @param folder that of uploads
 * @throws RangeError for one where the storage may have, or look for, something of its own: what is put
 *   there would be taken for that
 */
export async function moveTarget(folder: string, place: string): Promise<string> {
  const target = resolve(place);
  const [own, real] = await Promise.all([realPath(folder), realPath(target)]);
  const [name = ''] = relative(own, real).split(sep);
  if (isOwnName(name)) throw new RangeError(pathReserved(target));
  return target;
}

function pathReserved(path: string): string {
  return (
    `The path ${JSON.stringify(path)} cannot be given to a file: inside tmpFileDir, ".tus", upload ` +
    'ids and names of temporary files are not for others. Give it another name, or another folder.'
  );
}
