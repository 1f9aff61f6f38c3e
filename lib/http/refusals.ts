import { HttpException, Logger } from '@nestjs/common';
import { asError, UploadFencedError } from '../errors/index.js';
import { ProtocolError } from '../protocol/index.js';
import { LOGGER_CONTEXT } from '../tus.constants.js';
import { isRefusal, UploadRefusedError } from '../uploads/index.js';
import { replay } from './answer.js';
import type { Exchange } from './exchange.js';
import type { Outcome } from './tus-requests.js';
import { busy, toTusException, TusException } from './tus.exception.js';

/** Turns what went wrong with a request into what its client is told, and what is logged. */
export class Refusals {
  private readonly logger = new Logger(LOGGER_CONTEXT);

  /**
   * What came of a request; that its upload was refused before is an outcome too, and so is that there
   * is nothing to say, for the upload is another process's by now.
   *
   * @throws HttpException
   */
  async orThrow(work: Promise<Outcome>, exchange: Exchange): Promise<Outcome> {
    try {
      return await work;
    } catch (error) {
      if (error instanceof UploadFencedError) return {};
      if (error instanceof UploadRefusedError) return { answer: replay(error.answer) };
      throw this.of(error, exchange);
    }
  }

  /** The exception to throw; a fault of ours, which nobody foresaw, is logged on the way. */
  of(error: unknown, exchange: Exchange): HttpException {
    const exception = this.exceptionFor(error, exchange);
    const status = exception.getStatus();
    const isPassing = status >= 400 && !isRefusal(status);
    // After any other failure of a HEAD, clients begin anew and send the whole file again.
    return isPassing && exchange.req.method === 'HEAD' ? busy(exception.message) : exception;
  }

  report(error: unknown, { req, id }: Exchange): void {
    const { message, stack } = asError(error);
    const subject = id === undefined ? 'A new upload' : `Upload ${id}`;
    this.logger.error(`${subject} failed on ${req.method}: ${message}`, stack);
  }

  private exceptionFor(error: unknown, exchange: Exchange): HttpException {
    // What the app's `owner` function throws is for the app's filters.
    if (error instanceof HttpException && !(error instanceof TusException)) return error;
    const refusal = toTusException(error);
    if (refusal && refusal.getStatus() < 500) return refusal;
    if (refusal?.getStatus() === 503 || refusal?.cause instanceof ProtocolError) return refusal;

    this.report(error, exchange);
    return refusal ?? new TusException(500, 'The upload failed; try again.');
  }
}
