import { asError } from './as-error.js';

/** What a log needs for it; Nest's `Logger` is one. */
interface ErrorLog {
  error(message: string, stack?: string): void;
}

/** Logs what failed, with the message and the stack of what was thrown. */
export function logError(log: ErrorLog, what: string, error: unknown): void {
  const { message, stack } = asError(error);
  log.error(`${what}: ${message}`, stack);
}
