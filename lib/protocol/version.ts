import { ProtocolError } from './protocol.error.js';
import type { HeaderFields } from './header-fields.js';
import { quote } from './quote.js';

/** The version of the tus protocol that is spoken. */
export const TUS_VERSION = '1.0.0';

/**
 * Refuses a request that does not speak tus 1.0.0 (tus 1.0 §Tus-Resumable, §Tus-Version).
 *
 * @throws ProtocolError 412 with `Tus-Version` unless `Tus-Resumable` is one line saying `1.0.0`.
 */
export function assertVersion(headers: HeaderFields): void {
  const lines = headers['tus-resumable'] ?? [];
  if (lines.length === 1 && lines[0] === TUS_VERSION) return;
  throw new ProtocolError(412, mismatch(lines), { 'Tus-Version': TUS_VERSION });
}

function mismatch(lines: readonly string[]): string {
  if (lines.length === 0) return `Tus-Resumable is missing; it must be ${TUS_VERSION}.`;
  return `Tus-Resumable must be ${TUS_VERSION}, not ${quote(lines.join(', '))}.`;
}
