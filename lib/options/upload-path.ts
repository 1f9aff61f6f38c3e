import { TusOptionError } from '../errors/index.js';

/** Segments of letters, digits and `- _ . ~`, or parameters such as `:tenant`. */
const PATH = /^\/?(:?[\w.~-]+)(\/:?[\w.~-]+)*\/?$/;

/**
 * Checks the path an instance serves.
 *
 * @throws TusOptionError for wildcards, queries, empty segments and an `id` parameter of its own
 */
export function parseUploadPath(value: unknown): string {
  return parsePath('uploadPath', value, 'id');
}

/**
 * Checks a path that uploads are served on.
 *
 * @param option for the message
 * @param parameter name of the parameter that is added for an upload's id
 * @throws TusOptionError for wildcards, queries, empty segments and a parameter of that name
 */
export function parsePath(option: string, value: unknown, parameter: string): string {
  const path = typeof value === 'string' ? value : '';
  if (PATH.test(path) && !path.split('/').includes(`:${parameter}`)) return path;
  throw new TusOptionError(
    option,
    value,
    `Give a path such as '/files' or 'tenants/:tenant/files', without wildcards; the upload's id is added to it as ":${parameter}".`,
  );
}
