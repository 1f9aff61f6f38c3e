import parse from 'forwarded-parse';
import { joined } from './header-fields.js';
import type { HeaderFields } from './header-fields.js';
import { publicHost } from './public-host.js';
import { publicPrefix } from './public-prefix.js';

/** Where the client sees the server, as far as a proxy told. */
export interface PublicOrigin {
  readonly proto?: 'http' | 'https';
  /** Host name or address, with its port where that is not the default one. */
  readonly host?: string;
  /** Path the proxy takes off: begins with one slash, ends with none. */
  readonly prefix?: string;
}

/**
 * Reads what a proxy says of the request it got: `Forwarded` (RFC 7239) before
 * `X-Forwarded-Proto`, `-Host`, `-Port` and `-Prefix`, of a list the first value. What is malformed
 * is ignored. To be called only where the proxy is trusted: any client can send these headers.
 */
export function readForwarded(headers: HeaderFields): PublicOrigin {
  const forwarded = firstElement(joined(headers, 'Forwarded'));
  const proto = scheme(forwarded['proto']) ?? scheme(firstValue(headers, 'X-Forwarded-Proto'));
  const host =
    publicHost(forwarded['host'], proto) ??
    publicHost(
      firstValue(headers, 'X-Forwarded-Host'),
      proto,
      firstValue(headers, 'X-Forwarded-Port'),
    );
  const prefix = publicPrefix(firstValue(headers, 'X-Forwarded-Prefix'));
  return {
    ...(proto !== undefined && { proto }),
    ...(host !== undefined && { host }),
    ...(prefix !== undefined && { prefix }),
  };
}

/** The element of the proxy nearest to the client (RFC 7239 §4). */
function firstElement(header: string | undefined): Record<string, string> {
  if (header === undefined) return {};
  try {
    const [nearest = {}] = parse(header);
    return nearest;
  } catch {
    return {};
  }
}

function firstValue(headers: HeaderFields, name: string): string | undefined {
  return joined(headers, name)?.split(',', 1)[0]?.trim();
}

function scheme(value: string | undefined): 'http' | 'https' | undefined {
  const proto = value?.toLowerCase();
  return proto === 'http' || proto === 'https' ? proto : undefined;
}
