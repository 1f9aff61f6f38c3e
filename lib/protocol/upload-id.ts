/** What an upload's id may be, in words: see {@link isUploadId}. */
export const UPLOAD_ID_RULE =
  '1 to 100 letters (a to z), digits, "_" and "-", the first a letter or a digit, and none of the ' +
  'names that Windows keeps for devices, such as "con"';

/**
 * No dot, so that no id is a path or a name of a file that is not an upload's. Routers may take no longer
 * parameters than 100 characters (`maxParamLength`).
 */
const UPLOAD_ID = /^(?!(?:con|prn|aux|nul|com\d|lpt\d)$)[a-z\d][\w-]{0,99}$/i;

const RANDOM_ID = /^[0-9a-f]{32}$/;

/**
 * Whether a text is an upload's id: 1 to 100 letters of ASCII, digits, `_` and `-`, the first one a
 * letter or a digit. So it needs no encoding in a URL, and is a name on every file system, but for
 * those of devices of Windows.
 */
export function isUploadId(value: unknown): value is string {
  return typeof value === 'string' && UPLOAD_ID.test(value);
}

/** Whether an id looks like those this module gives: 32 lower-case hexadecimal digits. */
export function isRandomId(id: string): boolean {
  return RANDOM_ID.test(id);
}
