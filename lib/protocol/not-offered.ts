import { ProtocolError } from './protocol.error.js';
import type { HeaderFields } from './header-fields.js';

/**
 * Refuses the creation of a partial or a final upload.
 *
 * 400 and not 501: clients repeat what failed with a 5xx.
 *
 * @throws ProtocolError 400 when `Upload-Concat` is there (tus 1.0 §Concatenation).
 */
export function refuseConcatenation(headers: HeaderFields): void {
  refuse(headers, 'Upload-Concat', 'concatenation');
}

function refuse(headers: HeaderFields, name: string, extension: string): void {
  if (headers[name.toLowerCase()] === undefined) return;
  throw new ProtocolError(400, `${name} is not accepted: ${extension} is not offered.`);
}
