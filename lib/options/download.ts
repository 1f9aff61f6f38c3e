import type {
  DownloadDisposition,
  TusDownloadOptions,
  TusModuleOptions,
} from '../interfaces/index.js';
import { assertKeys } from './option-keys.js';
import { TusOptionError } from '../errors/index.js';
import type { TusOptions } from './tus-options.js';

/** Reads the `download` option: whether there are downloads, and how they are shown. */
export function parseDownload(
  value: TusModuleOptions['download'] = false,
): Pick<TusOptions, 'download' | 'dispositionOf'> {
  if (typeof value === 'boolean') return { download: value };
  assertKeys('download', value);
  return { download: true, dispositionOf: parseDisposition(value.disposition) };
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
