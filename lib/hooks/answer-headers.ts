import { validateHeaderName, validateHeaderValue } from 'node:http';

/**
 * The headers that a hook adds to an answer, by lower-case name.
 *
 * They are checked here, while the hook can still be blamed. An answer that cannot be sent would be
 * kept, and fail each time the client asks for it.
 *
 * @throws TypeError for a header that cannot be sent
 */
export function answerHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const checked = Object.entries(headers).map(([name, value]) => {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    return [name.toLowerCase(), String(value)];
  });
  return Object.fromEntries(checked) as Record<string, string>;
}
