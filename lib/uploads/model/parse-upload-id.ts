import { isUploadId } from '../../protocol/index.js';
import { UploadNotFoundError } from './upload.errors.js';

/** Most characters that a message shows of a text that is no id. */
const SHOWN = 60;

/** @throws UploadNotFoundError for what cannot be an upload's id */
export function parseUploadId(id: string): string {
  if (isUploadId(id)) return id;
  // An app may pass on whatever a request has, or has not.
  throw new UploadNotFoundError(String(id).slice(0, SHOWN));
}
