import { TusOptionError } from '../errors/index.js';

/** What makes the parts of an instance that can be others. */
interface Factory {
  create(...args: never[]): unknown;
}

/** @throws TusOptionError for what makes nothing */
export function parseFactory<T extends Factory>(option: string, value: T): T {
  if (typeof (value as Partial<Factory> | null)?.create === 'function') return value;
  throw new TusOptionError(
    option,
    value,
    'Give an object with a method create(), as postgres() and s3() return it.',
  );
}
