import { TusOptionError } from '../errors/index.js';
import { parseInstanceName } from '../options/index.js';
import type { TusDashboardOptions } from './dashboard-options.interface.js';

const KEYS = ['decorators', 'imports', 'instance', 'path', 'public', 'version'];

/** Segments of letters, digits and `- _ . ~`. */
const PATH = /^\/?[\w.~-]+(\/[\w.~-]+)*\/?$/;

/** Options of a page after they were checked. */
export interface CheckedOptions extends TusDashboardOptions {
  readonly path: string;
  readonly public: boolean;
}

/**
 * Checks the options of a page, but for its guard.
 *
 * @throws TusOptionError naming the first one that cannot be used
 */
export function checkOptions(options: TusDashboardOptions): CheckedOptions {
  if (typeof options !== 'object' || options === null) {
    throw wrongOption('options', options, `Give an object with any of: ${KEYS.join(', ')}.`);
  }
  const unknown = Object.entries(options).find(([key]) => !KEYS.includes(key));
  if (unknown) {
    throw wrongOption(...unknown, `There is no such option; there are: ${KEYS.join(', ')}.`);
  }
  const { path = '/tus', public: isPublic = false, instance } = options;
  if (typeof path !== 'string' || !PATH.test(path)) {
    throw wrongOption('path', path, `Give a path such as '/tus', without parameters or wildcards.`);
  }
  if (typeof isPublic !== 'boolean') {
    throw wrongOption('public', isPublic, 'Give true or false.');
  }
  checkInstance(instance);
  return { ...options, path, public: isPublic };
}

/** An option of the page cannot be used. */
export function wrongOption(option: string, value: unknown, remedy: string): TusOptionError {
  return new TusOptionError(option, value, remedy, { module: 'TusDashboardModule' });
}

function checkInstance(value: unknown): void {
  try {
    parseInstanceName(value);
  } catch {
    throw wrongOption('instance', value, 'Give the `name` of an instance.');
  }
}
