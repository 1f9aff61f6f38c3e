import { CHECKSUM_ALGORITHMS } from './checksum.js';
import type { CreationRules } from './creation.js';
import { ALL_EXTENSIONS } from './extensions.js';
import { TUS_VERSION } from './version.js';

/**
 * The headers that answer OPTIONS (tus 1.0 §OPTIONS): the version, the extensions if there are any,
 * and the limit if there is one.
 */
export function discoveryHeaders(rules: CreationRules): Record<string, string> {
  const headers: Record<string, string> = {
    'Tus-Resumable': TUS_VERSION,
    'Tus-Version': TUS_VERSION,
  };
  const offered = ALL_EXTENSIONS.filter((extension) => rules.extensions.has(extension));
  if (offered.length > 0) headers['Tus-Extension'] = offered.join(',');
  if (rules.extensions.has('checksum')) {
    headers['Tus-Checksum-Algorithm'] = CHECKSUM_ALGORITHMS.join(',');
  }
  if (rules.maxSize !== undefined) headers['Tus-Max-Size'] = String(rules.maxSize);
  return headers;
}
