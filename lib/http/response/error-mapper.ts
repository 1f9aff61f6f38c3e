import { HttpException, Logger } from '@nestjs/common';
import { logError, StoreFaultError, UploadError } from '../../errors/index.js';
import { LOGGER_CONTEXT } from '../../tus.constants.js';
import { isRefusal } from '../../uploads/index.js';
import { ietfDialect } from '../request/dialect.js';
import type { Exchange } from '../request/exchange.js';
import { toIetfException } from './ietf-statuses.js';
import { toTusException } from './tus-statuses.js';
import { busy, TusException } from './tus.exception.js';

/** Turns what went wrong with a request into what its client is told, and what is logged. */
export class ErrorMapper {
  private readonly logger = new Logger(LOGGER_CONTEXT);

  /** The exception to throw; an unexpected fault is logged on the way. */
  toException(error: unknown, exchange: Exchange): HttpException {
    const exception = this.exceptionFor(error, exchange);
    const status = exception.getStatus();
    const isPassing = status >= 400 && !isRefusal(status);
    // After any other failure of a HEAD, clients begin anew and send the whole file again.
    if (!isPassing || exchange.req.method !== 'HEAD') return exception;
    return toldTo(exchange)(busy(exception.message)) ?? exception;
  }

  /** Logs a fault, with its upload. */
  report(error: unknown, { req, id }: Exchange): void {
    const subject = id === undefined ? 'A new upload' : `Upload ${id}`;
    logError(this.logger, `${subject} failed on ${req.method}`, error);
  }

  private exceptionFor(error: unknown, exchange: Exchange): HttpException {
    // What the app's `owner` function throws is for the app's filters.
    if (error instanceof HttpException && !(error instanceof TusException)) return error;
    const exception = toldTo(exchange)(error);
    if (exception && !isFault(exception)) return exception;

    this.report(error, exchange);
    if (exception) return exception;
    const failed = new TusException(500, 'The upload failed; try again.');
    return toldTo(exchange)(failed) ?? failed;
  }
}

/** How an error is told to a client, in what it speaks. */
function toldTo({ req }: Exchange): typeof toTusException {
  return ietfDialect(req) ? toIetfException : toTusException;
}

/** Whether to log it: it is not the client's doing, and not logged elsewhere, as other 503s are. */
function isFault(exception: TusException): boolean {
  const { cause } = exception;
  const status = exception.getStatus();
  if (cause instanceof StoreFaultError) return true;
  return status >= 500 && status !== 503 && !(cause instanceof UploadError);
}
