import type { TusExtension } from './extensions.js';
import { single } from './header-fields.js';
import type { HeaderFields } from './header-fields.js';
import { ProtocolError } from './protocol.error.js';
import { quote } from './quote.js';

/** The methods a request can be turned into. */
export const METHODS: readonly string[] = ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE', 'OPTIONS'];

/**
 * The method a request is meant to have instead of its own (tus 1.0 §X-HTTP-Method-Override), in
 * upper case; `undefined` when it says nothing of it.
 *
 * @throws ProtocolError 405 with `Allow` for any other than {@link METHODS}, 400 for several lines.
 */
export function overriddenMethod(headers: HeaderFields): string | undefined {
  const value = single(headers, 'X-HTTP-Method-Override');
  if (value === undefined) return undefined;
  const method = value.trim().toUpperCase();
  if (METHODS.includes(method)) return method;
  throw new ProtocolError(405, `X-HTTP-Method-Override must not be ${quote(value)}.`, {
    Allow: METHODS.join(', '),
  });
}

/**
 * Checks that a request is not meant to have another method than the one it was routed and guarded
 * by: what a guard has let pass as one must not be done as another.
 *
 * @param method the request's own, or what something before routing has made of it
 * @throws ProtocolError 400 for another method, and what {@link overriddenMethod} throws
 */
export function assertNotOverridden(headers: HeaderFields, method: string | undefined): void {
  const meant = overriddenMethod(headers);
  if (meant === undefined || meant === method) return;
  throw new ProtocolError(
    400,
    `X-HTTP-Method-Override does not count here: the request was taken as ${method}, not ${meant}.`,
  );
}

/**
 * The methods of the creation URL, or of the URL of an upload, as `Allow` lists them (RFC 9110
 * §10.2.1).
 */
export function allowedMethods(
  { extensions, download }: { extensions: ReadonlySet<TusExtension>; download?: boolean },
  target: 'creation' | 'upload',
): string {
  if (target === 'creation') return extensions.has('creation') ? 'OPTIONS, POST' : 'OPTIONS';
  const methods = ['OPTIONS', 'HEAD', 'PATCH'];
  if (extensions.has('termination')) methods.push('DELETE');
  if (download) methods.push('GET');
  return methods.join(', ');
}

/** The answer to a method its target has not: 405 (RFC 9110 §15.5.6). */
export function methodNotAllowed(allow: string): ProtocolError {
  return new ProtocolError(405, `The method is not allowed here; allowed are ${allow}.`, {
    Allow: allow,
  });
}
