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

/** The URLs that uploads of this server have; everything else is foreign. */
export interface OwnUrls {
  /** Paths of the creation URL, as clients may see it. */
  readonly paths: readonly string[];
  /** Hosts that clients may call it by. */
  readonly hosts: readonly string[];
}

/**
 * Reads `Upload-Concat` (tus 1.0 §Upload-Concat).
 *
 * @returns `undefined` when there is none
 * @throws ProtocolError 400 where it is not offered, for any other value, for too many parts, and for
 *   a URL that is no upload's of this server; no such URL is ever asked for
 */
export function parseConcat(
  headers: HeaderFields,
  { extensions, maxParts }: ConcatRules,
  own: OwnUrls,
): Concat | undefined {
  const value = single(headers, 'Upload-Concat');
  if (value === undefined) return undefined;
  if (!extensions.has('concatenation')) {
    // 400 and not 501: clients repeat what failed with a 5xx.
    throw new ProtocolError(400, 'Upload-Concat is not accepted: concatenation is not offered.');
  }
  if (value === 'partial') return { kind: 'partial' };
  if (value.startsWith('final;')) {
    return { kind: 'final', parts: parseParts(value.slice(6), own, maxParts) };
  }
  throw new ProtocolError(
    400,
    `Upload-Concat must be "partial" or "final;" with a list of URLs, not ${quote(value)}.`,
  );
}

/** Whether a record's `Upload-Concat`, as received, is that of a partial upload. */
export function isPartial(concat: string | undefined): boolean {
  return concat === 'partial';
}

/** Whether a record's `Upload-Concat`, as received, is that of a final upload. */
export function isFinal(concat: string | undefined): boolean {
  return concat?.startsWith('final;') ?? false;
}

function parseParts(list: string, own: OwnUrls, maxParts = Infinity): string[] {
  const urls = list.split(' ').filter((url) => url !== '');
  if (urls.length === 0) throw new ProtocolError(400, 'Upload-Concat lists no partial upload.');
  if (urls.length > maxParts) {
    const counts = `${urls.length} partial uploads, at most ${maxParts} are allowed`;
    throw new ProtocolError(400, `Upload-Concat lists ${counts}.`);
  }
  // What they are is worked out each time it is asked for.
  const { paths, hosts } = own;
  return urls.map((url) => partId(url, { paths, hosts }));
}

function partId(url: string, own: OwnUrls): string {
  const path = ownPath(url, own.hosts);
  const slash = path?.lastIndexOf('/') ?? -1;
  const id = path?.slice(slash + 1) ?? '';
  const isOwn = isUploadId(id) && own.paths.includes(path?.slice(0, slash) ?? '');
  if (isOwn) return id;
  throw new ProtocolError(400, `Upload-Concat names ${quote(url)}, which is no upload here.`);
}

/** The path of a URL of this server, as it stands: a URL parser would resolve `..` in it. */
function ownPath(url: string, hosts: readonly string[]): string | undefined {
  const [withoutQuery = ''] = url.split(/[?#]/, 1);
  const absolute = /^https?:\/\/([^/]*)(\/.*)$/i.exec(withoutQuery);
  if (!absolute) return withoutQuery;
  const [, host = '', path] = absolute;
  return hosts.some((known) => known.toLowerCase() === host.toLowerCase()) ? path : undefined;
}
