import { isUploadId, UPLOAD_ID_RULE } from '../protocol/index.js';
import { TusOptionError } from '../errors/index.js';

/**
 * An upload's id as an application gave it.
 *
 * @param option for the message
 * @throws TusOptionError for anything but an id, or `undefined` for a random one
 */
export function checkUploadId(option: string, id: unknown): string | undefined {
  if (id === undefined || isUploadId(id)) return id;
  throw new TusOptionError(option, id, `Give ${UPLOAD_ID_RULE}; or undefined for a random one.`);
}
