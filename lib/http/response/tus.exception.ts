import { HttpException } from '@nestjs/common';
import { answerOf, type Answer } from './answer.js';

/**
 * A request that this module refuses or fails. Interceptors see it like any `HttpException`; the
 * client gets its message as one line of plain text.
 *
 * @publicApi
 */
export class TusException extends HttpException {
  constructor(
    status: number,
    message: string,
    /** Headers of the answer. */
    readonly headers: Readonly<Record<string, string>> = {},
    options?: ErrorOptions,
  ) {
    super(message, status, options);
  }

  /**
   * What its client gets.
   *
   * @internal
   */
  toAnswer(): Answer & { readonly body: string } {
    return answerOf({ status: this.getStatus(), message: this.message, headers: this.headers });
  }
}

/** 503, which tus clients retry; there may be another process soon. */
export function closing(advice: string): TusException {
  return new TusException(503, `The server is shutting down; ${advice}`, { 'Retry-After': '1' });
}

/** 423 (RFC 4918 §11.3), which tus clients retry. */
export function busy(message: string): TusException {
  return new TusException(423, message, { 'Retry-After': '1' });
}
