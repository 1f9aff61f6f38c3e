import { Injectable, type HttpException } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { UploadError, UploadFencedError } from '../../errors/index.js';
import { Measures } from '../../measures/index.js';
import { UploadRefusedError } from '../../uploads/index.js';
import { disconnect } from '../connection/connection.js';
import { wasInformed } from '../connection/information.js';
import { BodyReadError } from '../connection/request-body.js';
import { ietfDialect } from '../request/dialect.js';
import type { Exchange } from '../request/exchange.js';
import { replay, type Answer } from '../response/answer.js';
import { ErrorMapper } from '../response/error-mapper.js';
import type { Outcome } from '../response/outcome.js';
import { sendAnswer } from '../response/send-answer.js';
import { TusException } from '../response/tus.exception.js';

/** The one way of every request, by whichever door it came: run the work, report, answer. */
@Injectable()
export class RequestRunner {
  private readonly errors = new ErrorMapper();

  constructor(
    private readonly adapterHost: HttpAdapterHost,
    private readonly measures: Measures,
  ) {}

  /**
   * Runs the work and sends its answer.
   *
   * @throws HttpException as `run()`
   */
  async serve(exchange: Exchange, work: Promise<Outcome>): Promise<Outcome> {
    const outcome = await this.run(exchange, work);
    if (outcome.answer) this.send(exchange, outcome.answer);
    return outcome;
  }

  /**
   * Runs the work, and leaves its answer to the caller. If there is none, the connection is closed.
   *
   * @throws HttpException for an error; an unexpected one is logged
   */
  async run(exchange: Exchange, work: Promise<Outcome>): Promise<Outcome> {
    const outcome = await this.outcomeOf(exchange, work);
    const { answer, isAnswered, fault } = outcome;
    if (fault) this.report(fault, exchange);
    if (!answer && !isAnswered) disconnect(exchange.req);
    return outcome;
  }

  /** Sends an answer through the app's HTTP platform. */
  send({ response }: Exchange, answer: Answer): void {
    sendAnswer(this.adapterHost.httpAdapter, response, answer);
  }

  /** The exception that an error means to a client; an unexpected error is logged. */
  toException(error: unknown, exchange: Exchange): HttpException {
    const exception = this.errors.toException(error, exchange);
    this.count(exception, exchange);
    return exception;
  }

  /** Logs a fault, with its upload. */
  report(error: unknown, exchange: Exchange): void {
    this.errors.report(error, exchange);
  }

  private count(exception: HttpException, { req, id }: Exchange): void {
    const status = exception.getStatus();
    const reason = reasonOf(exception);
    this.measures.refused({ uploadId: id, method: req.method ?? '', status, reason });
  }

  /**
   * Two errors are outcomes too: an upload that was refused before, and one that another process
   * has taken over, about which there is nothing to say.
   */
  private async outcomeOf(exchange: Exchange, work: Promise<Outcome>): Promise<Outcome> {
    try {
      return await work;
    } catch (error) {
      if (error instanceof UploadFencedError) return {};
      if (error instanceof UploadRefusedError) return { answer: replay(error.answer) };
      const exception = this.toException(error, exchange);
      if (breaksOff(exception, exchange)) return {};
      throw exception;
    }
  }
}

/** Why a request was refused, as a word: what its error is called. */
function reasonOf(exception: HttpException): string {
  const { cause } = exception;
  const isNamed = cause instanceof UploadError || !(exception instanceof TusException);
  if (!isNamed) return `status-${exception.getStatus()}`;
  const { name } = (cause instanceof UploadError ? cause : exception).constructor;
  return name
    .replace(/(Error|Exception)$/, '')
    .replace(/(?<=[a-z])[A-Z]/g, '-$&')
    .toLowerCase();
}

/** What a client of the IETF's protocol goes on after, once its connection has broken. */
const PASSING_FAULTS = [500, 503];

/**
 * Whether a client is to find its connection broken, rather than a fault: those of the IETF's protocol that
 * were told of their upload, or have sent bytes of it, resume then, and some of them do not after a fault.
 */
function breaksOff(exception: HttpException, { req, res }: Exchange): boolean {
  if (ietfDialect(req)?.intent !== 'resumable') return false;
  if (!(exception instanceof TusException) || exception.cause instanceof BodyReadError)
    return false;
  const hasBegun = req.readableDidRead || wasInformed(res);
  return hasBegun && PASSING_FAULTS.includes(exception.getStatus());
}
