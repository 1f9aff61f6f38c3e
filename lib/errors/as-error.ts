import { inspect, types } from 'node:util';

/**
 * What was thrown, as an `Error` with a text; anything else becomes one's message.
 *
 * It never throws itself: handlers are the application's, and may throw whatever they like.
 */
export function asError(thrown: unknown): Error {
  try {
    const isTelling = isError(thrown) && typeof thrown.message === 'string';
    return isTelling ? thrown : new Error(textOf(thrown));
  } catch {
    return new Error('Something was thrown that cannot be described.');
  }
}

/** Also one of another realm: in Jest, those of Node are. */
function isError(thrown: unknown): thrown is Error {
  return thrown instanceof Error || types.isNativeError(thrown);
}

function textOf(thrown: unknown): string {
  const value: unknown = isError(thrown) ? thrown.message : thrown;
  return typeof value === 'string' ? value : inspect(value);
}
