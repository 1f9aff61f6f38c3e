import type { PublicOrigin } from './forwarded.js';
import { trimEndWhere } from './trim.js';

const SCHEME_AND_HOST = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i;

/** Where the URL of an upload comes from. */
export interface LocationOptions {
  /** The path uploads are created at, as {@link creationPath} gives it. */
  readonly path: string;
  readonly id: string;
  /** Where the client sees the server; `absolute` asks for a URL with scheme and host. */
  readonly origin?: PublicOrigin & { readonly absolute: boolean };
  /** URL the application is configured with; it replaces path and origin. */
  readonly base?: string;
}

/**
 * The path of a request target (RFC 9112 §3.2.1 origin-form, §3.2.2 absolute-form) without query,
 * fragment and trailing slashes; empty for the root.
 */
export function creationPath(url: string): string {
  const [path = ''] = url.replace(SCHEME_AND_HOST, '').split(/[?#]/, 1);
  // Two slashes at the start of a `Location` would name a host; browsers read `\` as a slash and
  // skip tabs and line breaks.
  return withoutTrailingSlashes(path.replace(/^[/\\\s]+/, '/'));
}

/**
 * The `Location` of an upload (RFC 9110 §10.2.2): below `base` where it is given, else the path the
 * client sees, and absolute where that is asked for and scheme and host are known.
 */
export function uploadLocation(options: LocationOptions): string {
  const { path, id, origin, base } = options;
  if (base !== undefined) return `${withoutTrailingSlashes(base)}/${id}`;
  const location = `${origin?.prefix ?? ''}${path}/${id}`;
  if (!origin?.absolute || origin.proto === undefined || origin.host === undefined) return location;
  return `${origin.proto}://${origin.host}${location}`;
}

function withoutTrailingSlashes(text: string): string {
  return trimEndWhere(text, (character) => character === '/');
}
