import { TusOptionError } from './option.error.js';

/** Segments of letters, digits and `- _ . ~`, or parameters such as `:tenant`. */
const PATH = /^\/?(:?[\w.~-]+)(\/:?[\w.~-]+)*\/?$/;

/**
 * Checks the path an instance serves.
 *
 * @throws TusOptionError for wildcards, queries, empty segments and an `id` parameter of its own
 */
export function parseUploadPath(value: unknown): string {
  const path = typeof value === 'string' ? value : '';
  if (PATH.test(path) && !/:id(\/|$)/.test(path)) return path;
  throw new TusOptionError(
    'uploadPath',
    value,
    `Give a path such as '/files' or 'tenants/:tenant/files', without wildcards; the upload's id is added to it as ":id".`,
  );
}
