import { isRandomId, isUploadId, trimEndWhere, UPLOAD_ID_RULE } from '../../protocol/index.js';
import { REGISTRY_FOLDER } from '../../tus.constants.js';

/**
 * What the name of a file ends with whose upload got its id from the application. Such an id may be
 * any word, and a file of that name may be another program's.
 */
const SUFFIX = '.tus';

/** What a probe, or a copy for the application, leaves behind when it is interrupted. */
const UNFINISHED = /^\.(?:probe|copy)-[0-9a-f]{16}$/;

/** What a copy does, to another device or to a new file: the name of the file it was to become. */
const COPY = /^\.(.+)\.(?:moving|renewing)$/;

/**
 * Name of the file an upload's bytes lie in: its id, as far as no other program would have a file of
 * that name.
 *
 * @throws TypeError for what is no id, so that a name can never be a path
 */
export function fileNameOf(id: string): string {
  if (isRandomId(id)) return id;
  if (isUploadId(id)) return id + SUFFIX;
  throw new TypeError(`An upload id must be ${UPLOAD_ID_RULE}.`);
}

/** What a copy for the application is named until all its bytes are there. */
export function copyName(random: Buffer): string {
  return `.copy-${random.toString('hex')}`;
}

/** The upload whose bytes lie in a file of this name; `undefined` for what is no upload's. */
export function uploadIdOf(name: string): string | undefined {
  const id = name.endsWith(SUFFIX) ? name.slice(0, -SUFFIX.length) : name;
  return isUploadId(id) && fileNameOf(id) === name ? id : undefined;
}

/** Whether something of this name is what interrupted work has left behind. */
export function isRemnant(name: string): boolean {
  const [, copied = ''] = COPY.exec(name) ?? [];
  return UNFINISHED.test(name) || uploadIdOf(copied) !== undefined;
}

/**
 * Whether a name in the folder may be one of ours, on file systems too that do not tell cases apart
 * or that drop dots and blanks at the end.
 */
export function isOwnName(name: string): boolean {
  const folded = trimEndWhere(name.toLowerCase(), (character) => '. '.includes(character));
  return folded === REGISTRY_FOLDER || uploadIdOf(folded) !== undefined || isRemnant(folded);
}
