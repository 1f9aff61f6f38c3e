import type { Metadata } from './metadata.js';

/**
 * Media types a browser may show by itself: they run no script. Everything else that a client
 * declares, `text/html` and `image/svg+xml` above all, would act in the name of the site.
 */
const INLINE_TYPES: ReadonlySet<string> = new Set([
  'application/pdf',
  'audio/aac',
  'audio/flac',
  'audio/mp4',
  'audio/mpeg',
  'audio/ogg',
  'audio/wav',
  'audio/webm',
  'image/avif',
  'image/bmp',
  'image/gif',
  'image/jpeg',
  'image/png',
  'image/webp',
  'text/plain',
  'video/mp4',
  'video/mpeg',
  'video/ogg',
  'video/quicktime',
  'video/webm',
]);

const MEDIA_TYPE = /^[a-z0-9][\w!#$&^.+-]*\/[a-z0-9][\w!#$&^.+-]*$/;

/** What pages may load as a script, whatever policy its own answer carries. */
const SCRIPT = /(?:java|ecma|live|j)script/;

/**
 * The media type a client declared, in lower case and without parameters.
 *
 * @param metadata the type is read from the key `filetype`, else `type`
 */
export function declaredTypeOf({ text }: Metadata): string | undefined {
  const [type = ''] = (text['filetype'] ?? text['type'] ?? '').split(';', 1);
  const name = type.trim().toLowerCase();
  return name === '' ? undefined : name;
}

/**
 * The media type a client declared, if it may be told to browsers as it is.
 */
export function inlineTypeOf(metadata: Metadata): string | undefined {
  const type = declaredTypeOf(metadata);
  return type !== undefined && INLINE_TYPES.has(type) ? type : undefined;
}

/**
 * The media type a client declared, to be told to browsers that are to show the file whatever it is;
 * of a script, that it is text.
 */
export function shownTypeOf(metadata: Metadata): string | undefined {
  const type = declaredTypeOf(metadata);
  if (type === undefined || !MEDIA_TYPE.test(type)) return undefined;
  return SCRIPT.test(type) ? 'text/plain' : type;
}
