import { inspect } from 'node:util';

/**
 * What was thrown, as an `Error` with a text; anything else becomes one's message.
 *
 * It never throws itself: handlers are the application's, and may throw whatever they like.
 */
export function asError(thrown: unknown): Error {
  try {
    const isTelling = thrown instanceof Error && typeof thrown.message === 'string';
    return isTelling ? thrown : new Error(textOf(thrown));
  } catch {
    return new Error('Something was thrown that cannot be described.');
  }
}

function textOf(thrown: unknown): string {
  const value: unknown = thrown instanceof Error ? thrown.message : thrown;
  return typeof value === 'string' ? value : inspect(value);
}
