import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { answerOf } from './answer.js';
import { sendAnswer } from './send-answer.js';
import { TusException } from './tus.exception.js';

/** Answers a `TusException` in plain text; every other exception is left to the app's filters. */
@Catch(TusException)
export class TusExceptionFilter implements ExceptionFilter<TusException> {
  constructor(private readonly adapterHost: HttpAdapterHost) {}

  catch(exception: TusException, host: ArgumentsHost): void {
    const { message, headers } = exception;
    const answer = answerOf({ status: exception.getStatus(), message, headers });
    sendAnswer(this.adapterHost.httpAdapter, host.switchToHttp().getResponse(), answer);
  }
}
