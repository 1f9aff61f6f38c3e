import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { PlatformResponse } from '../request/http-types.js';
import { sendAnswer } from './send-answer.js';
import { TusException } from './tus.exception.js';

/** Answers a `TusException` in its own words; every other exception is left to the app's filters. */
@Catch(TusException)
export class TusExceptionFilter implements ExceptionFilter<TusException> {
  constructor(private readonly adapterHost: HttpAdapterHost) {}

  catch(exception: TusException, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<PlatformResponse>();
    sendAnswer(this.adapterHost.httpAdapter, response, exception.toAnswer());
  }
}
