import type {
  DownloadDisposition,
  TusDownloadOptions,
  TusModuleOptions,
} from '../interfaces/index.js';
import { parseDuration } from './duration.js';
import { assertKeys } from './option-keys.js';
import { optional } from './option-values.js';
import { TusOptionError } from '../errors/index.js';
import type { TusOptions } from './tus-options.js';

/** Reads the `download` option: whether there are downloads, and how they are shown. */
export function parseDownload(
  value: TusModuleOptions['download'] = false,
): Pick<TusOptions, 'download' | 'dispositionOf' | 'redirectFor'> {
  if (typeof value === 'boolean') return { download: value };
  assertKeys('download', value);
  return {
    download: true,
    dispositionOf: parseDisposition(value.disposition),
    redirectFor: optional(value.redirect, parseRedirect),
  };
}

/**
 * A disposition as an application gave it.
 *
 * @throws TusOptionError for anything but one, or `undefined` for the default
 */
export function checkDisposition(value: unknown): DownloadDisposition | undefined {
  if (value === undefined || value === 'inline' || value === 'attachment') return value;
  const remedy = "Give 'inline', 'attachment', or undefined for the default.";
  throw new TusOptionError('download.disposition', value, remedy);
}

function parseDisposition(
  value: TusDownloadOptions['disposition'],
): TusDownloadOptions['disposition'] {
  if (value === undefined || typeof value === 'function') return value;
  const remedy = 'Give a function that takes a finished upload.';
  throw new TusOptionError('download.disposition', value, remedy);
}

/** Seconds that a presigned URL may live (S3 API, signature version 4): one week. */
const LONGEST_REDIRECT = 7 * 24 * 60 * 60;

/** In whole seconds, as URLs have it. */
function parseRedirect(value: unknown): number {
  const seconds = Math.floor(parseDuration('download.redirect', value) / 1000);
  if (seconds >= 1 && seconds <= LONGEST_REDIRECT) return seconds * 1000;
  const remedy = `Give one second at least and seven days at most, such as '5m'.`;
  throw new TusOptionError('download.redirect', value, remedy);
}
