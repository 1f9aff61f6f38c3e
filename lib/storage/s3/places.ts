import type { S3Address } from './s3-state.js';

const SCHEME = 's3://';

/** As applications are told, and say themselves: `s3://bucket/key`. */
export function urlOf({ bucket, key }: S3Address): string {
  return `${SCHEME}${bucket}/${key}`;
}

/** @returns `undefined` for what is no such URL */
export function addressOfUrl(url: string): S3Address | undefined {
  if (!url.startsWith(SCHEME)) return undefined;
  const slash = url.indexOf('/', SCHEME.length);
  const bucket = url.slice(SCHEME.length, slash);
  const key = url.slice(slash + 1);
  return slash === -1 || bucket === '' || key === '' ? undefined : { bucket, key };
}

/** As the file systems say that a place is taken. */
export function takenError(place: string): Error {
  return Object.assign(new Error(`There is an object at "${place}" already.`), { code: 'EEXIST' });
}

/** As the file systems say that there is no file. */
export function goneError(id: string): Error {
  return Object.assign(new Error(`The object of the upload "${id}" is gone.`), { code: 'ENOENT' });
}
