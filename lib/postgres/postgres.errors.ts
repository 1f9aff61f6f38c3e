import { asError, NoSpaceError, RegistryUnavailableError } from '../errors/index.js';

/** What PostgreSQL says of an error (PostgreSQL, Appendix A: SQLSTATE). */
interface DatabaseError extends Error {
  readonly code: string;
  readonly severity: string;
}

/** No room on the disk of the database. */
const DISK_FULL = '53100';

/** What passes: the database is not there, or cannot do at the moment what it can do at others. */
const PASSING: readonly RegExp[] = [
  // Connection exceptions, and those that the database or an operator has ended.
  /^08/,
  /^57P/,
  // No memory, no connection, or no room for a lock left.
  /^53(?!100)/,
  // A standby, which takes no writes.
  /^25006$/,
  // What took longer than its limit, or was in another's way.
  /^(?:57014|55P03|25P03|25P04|40001|40P01)$/,
  // The system has failed below the database.
  /^58/,
];

/** An answer did not come in time. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';

  constructor(what: string, milliseconds: number) {
    super(`${what} took more than ${milliseconds / 1000} seconds.`);
  }
}

/** Whether it was PostgreSQL that said so, and not the way there that has failed. */
export function isDatabaseError(error: unknown): error is DatabaseError {
  const { code, severity } = error as Partial<DatabaseError>;
  return typeof code === 'string' && typeof severity === 'string';
}

/** Whether a connection can do nothing more after an error. */
export function isEndOfConnection(error: unknown): boolean {
  return !isDatabaseError(error) || error.severity === 'FATAL' || error.severity === 'PANIC';
}

/**
 * Whether it was a statement that the database refused, so that surely nothing of it was done.
 *
 * @param error what `explain()` has made of it
 */
export function wasRefused(error: unknown): boolean {
  const isOurs = error instanceof RegistryUnavailableError || error instanceof NoSpaceError;
  return !isEndOfConnection(isOurs ? error.cause : error);
}

/**
 * Says what became of a statement that failed, in the words of this module.
 *
 * @returns a `NoSpaceError`, a `RegistryUnavailableError`, or the error itself where it is no fault of
 *   the database
 */
export function explain(error: unknown): unknown {
  if (!isDatabaseError(error)) return new RegistryUnavailableError({ cause: error });
  if (error.code === DISK_FULL) return new NoSpaceError({ cause: error });
  const passes = PASSING.some((codes) => codes.test(error.code));
  return passes ? new RegistryUnavailableError({ cause: error }) : error;
}

/** What an error says; that of several attempts to connect says nothing itself. */
export function reasonOf(error: unknown): string {
  const { errors } = error as Partial<AggregateError>;
  const { message } = asError(Array.isArray(errors) ? errors[0] : error);
  return message;
}
