import { ProtocolError } from './protocol.error.js';

/**
 * The header lines of a request by lower-case name, one item a line: the shape of
 * `IncomingMessage.headersDistinct`.
 */
export type HeaderFields = Readonly<Record<string, readonly string[] | undefined>>;

/**
 * The value of a header that may stand only once; `undefined` when it is absent.
 *
 * @param name any case; messages show it as given.
 * @throws ProtocolError 400 when it stands on several lines, equal or not (RFC 9110 §5.3).
 */
export function single(headers: HeaderFields, name: string): string | undefined {
  const lines = headers[name.toLowerCase()];
  if (lines === undefined) return undefined;
  if (lines.length > 1) throw new ProtocolError(400, `${name} must not be sent more than once.`);
  return lines[0];
}

/**
 * The value of a header that is a comma-separated list: its lines joined in order, as RFC 9110
 * §5.3 allows every recipient to do; `undefined` when it is absent.
 */
export function joined(headers: HeaderFields, name: string): string | undefined {
  const lines = headers[name.toLowerCase()];
  return lines?.length === 1 ? lines[0] : lines?.join(', ');
}
