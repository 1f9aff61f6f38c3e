import { Logger } from '@nestjs/common';
import { asError } from '../../errors/index.js';
import { reasonOf, type DatabaseObserver } from '../../postgres/index.js';
import { LOGGER_CONTEXT } from '../../tus.constants.js';

/** Says in the log that the database is not reached, and that it is again: a line each. */
export class DatabaseLog implements DatabaseObserver {
  private readonly logger = new Logger(LOGGER_CONTEXT);

  /** @param place which database it is, in words for people */
  constructor(private readonly place: string) {}

  unreachable(cause: unknown): void {
    this.logger.error(databaseUnreachable(this.place, reasonOf(cause)), asError(cause).stack);
  }

  reached(): void {
    this.logger.log(databaseReached(this.place));
  }
}

/** It restarts, fails over, or has no connection left. */
function databaseUnreachable(place: string, reason: string): string {
  return (
    `The upload registry does not reach ${place} (${reason}). Requests are answered 503 until it does, ` +
    `which is tried with each of them. Nothing that was acknowledged is lost.`
  );
}

/** Everything can go on. */
function databaseReached(place: string): string {
  return `The upload registry reaches ${place} again.`;
}
