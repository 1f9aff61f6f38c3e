import { validateHeaderName, validateHeaderValue } from 'node:http';

/**
 * The headers that a hook adds to an answer, by lower-case name.
 *
 * They are checked while the hook can still be blamed: later, an answer that cannot be sent would
 * be kept, and fail each time it is asked for.
 *
 * @throws TypeError for one that cannot be sent
 */
export function answerHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const checked = Object.entries(headers).map(([name, value]) => {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    return [name.toLowerCase(), String(value)];
  });
  return Object.fromEntries(checked) as Record<string, string>;
}
