import { checkName } from './names.js';
import type { UploadChange } from './registry.interface.js';

/**
 * Checks all that could make a change fail, so that it fails before anything is written.
 *
 * @param id of the upload that is changed
 * @throws TypeError when the change gives the record another id, or brings another's delivery
 * @throws RangeError when a handler's name has more than 512 bytes, or control characters
 */
export function checkChange(id: string, { record, deliveries = [] }: UploadChange): void {
  if (record.id !== id) throw new TypeError('A change must not give an upload another id.');
  for (const { uploadId, handler, holder } of deliveries) {
    if (uploadId !== id) throw new TypeError('A delivery must belong to the changed upload.');
    checkName('handler', handler);
    if (holder !== undefined) checkName('holder', holder);
  }
}
