import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { isOverriddenHead } from './answer-head.js';
import { answerOf } from './answer.js';
import { rawRequest } from './http-types.js';
import { sendAnswer } from './send-answer.js';
import { TusException } from './tus.exception.js';

/** Answers a `TusException` in plain text; every other exception is left to the app's filters. */
@Catch(TusException)
export class TusExceptionFilter implements ExceptionFilter<TusException> {
  constructor(private readonly adapterHost: HttpAdapterHost) {}

  catch(exception: TusException, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const { message, headers } = exception;
    const answer = answerOf({ status: exception.getStatus(), message, headers });
    const body = isOverriddenHead(rawRequest(http.getRequest())) ? undefined : answer.body;
    sendAnswer(this.adapterHost.httpAdapter, http.getResponse(), { ...answer, body });
  }
}
