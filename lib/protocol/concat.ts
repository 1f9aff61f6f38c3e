import type { TusExtension } from './extensions.js';
import { single } from './header-fields.js';
import type { HeaderFields } from './header-fields.js';
import { ProtocolError } from './protocol.error.js';
import { quote } from './quote.js';
import { isUploadId } from './upload-id.js';

/** What a creation says of concatenation (tus 1.0 §Concatenation). */
export type Concat =
  | { readonly kind: 'partial' }
  | {
      readonly kind: 'final';
      /** Ids of the partial uploads, in order. */
      readonly parts: readonly string[];
    };

/** What a final upload may be made of. */
export interface ConcatRules {
  readonly extensions: ReadonlySet<TusExtension>;
  /** Most partial uploads it may name, the same one again included; absent: no limit. */
  readonly maxParts?: number;
}

/** The paths of the creation URL, as clients may see it; asked for only where a list is sent. */
export type CreationPaths = () => readonly string[];

const SCHEME_AND_HOST = /^https?:\/\/[^/\\?#]+/i;

/** What a proxy takes off the path of a request: plain segments, none of which leads elsewhere. */
const PREFIX = /^(?:\/(?!\.\.?(?:\/|$))[\w.~!$&'()*+=:@-]+)*$/;

/**
 * Reads `Upload-Concat` (tus 1.0 §Upload-Concat).
 *
 * A part is known by the end of its URL: a path of ours, and an id. Scheme, host and what comes
 * before the path are as the client sees them, and proxies do not always tell us. They need no
 * check: no URL is ever asked for, and an id is worth nothing without an upload of ours that the
 * client may use.
 *
 * @returns `undefined` when there is none
 * @throws ProtocolError 400 where it is not offered, for any other value, for too many parts, and
 *   for a URL that cannot be an upload's of this server
 */
export function parseConcat(
  headers: HeaderFields,
  { extensions, maxParts }: ConcatRules,
  paths: CreationPaths,
): Concat | undefined {
  const value = single(headers, 'Upload-Concat');
  if (value === undefined) return undefined;
  if (!extensions.has('concatenation')) {
    // 400 and not 501: clients repeat what failed with a 5xx.
    throw new ProtocolError(400, 'Upload-Concat is not accepted: concatenation is not offered.');
  }
  if (value === 'partial') return { kind: 'partial' };
  if (value.startsWith('final;')) {
    return { kind: 'final', parts: parseParts(value.slice(6), paths(), maxParts) };
  }
  throw new ProtocolError(
    400,
    `Upload-Concat must be "partial" or "final;" with a list of URLs, not ${quote(value)}.`,
  );
}

function parseParts(list: string, paths: readonly string[], maxParts = Infinity): string[] {
  const urls = list.split(' ').filter((url) => url !== '');
  if (urls.length === 0) throw new ProtocolError(400, 'Upload-Concat lists no partial upload.');
  if (urls.length > maxParts) {
    const counts = `${urls.length} partial uploads, at most ${maxParts} are allowed`;
    throw new ProtocolError(400, `Upload-Concat lists ${counts}.`);
  }
  return urls.map((url) => partId(url, paths));
}

function partId(url: string, paths: readonly string[]): string {
  const [path = ''] = url.replace(SCHEME_AND_HOST, '').split(/[?#]/, 1);
  const [, parent = '', id = ''] = /^(.*)\/([^/]*)$/s.exec(path) ?? [];
  if (isUploadId(id) && paths.some((own) => endsWithPath(parent, own))) return id;
  throw new ProtocolError(400, `Upload-Concat names ${quote(url)}, which is no upload here.`);
}

/** Paths are compared as they stand: a URL parser would resolve `..` in them. */
function endsWithPath(path: string, own: string): boolean {
  return path.endsWith(own) && PREFIX.test(path.slice(0, path.length - own.length));
}
