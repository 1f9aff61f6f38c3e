import { HttpException, Injectable } from '@nestjs/common';
import { refusalAnswer } from '../../hooks/index.js';
import { assertNotOverridden } from '../../protocol/index.js';
import type { UploadRecord } from '../../registry/index.js';
import { claimRequest } from '../connection/own-requests.js';
import type { Exchange } from '../request/exchange.js';
import { headerLines } from '../request/header-lines.js';
import { showBody } from '../request/hidden-body.js';
import {
  rawRequest,
  rawResponse,
  type PlatformRequest,
  type PlatformResponse,
} from '../request/http-types.js';
import { completeHead } from '../response/answer-head.js';
import { answerOf, replay, type Answer } from '../response/answer.js';
import type { Outcome } from '../response/outcome.js';
import { TusException } from '../response/tus.exception.js';
import { RequestRunner } from './request-runner.js';
import { TusRequests } from './tus-requests.js';

/** Answers requests on routes that an app has made itself. */
@Injectable()
export class TusHandle {
  constructor(
    private readonly requests: TusRequests,
    private readonly runner: RequestRunner,
  ) {}

  /**
   * Answers a request, refusals included.
   *
   * @returns the upload, if the request finished it
   */
  async handle(
    request: PlatformRequest,
    response: PlatformResponse,
  ): Promise<UploadRecord | undefined> {
    const req = rawRequest(request);
    const res = rawResponse(response);
    claimRequest(req);
    showBody(req);
    completeHead(req, res);
    const exchange: Exchange = { request, response, req, res, id: idOf(request) };
    try {
      const { finished } = await this.runner.serve(exchange, this.serve(exchange));
      return finished;
    } catch (error) {
      this.runner.send(exchange, answerTo(this.exceptionOf(error, exchange)));
      return undefined;
    }
  }

  private async serve(exchange: Exchange): Promise<Outcome> {
    assertNotOverridden(headerLines(exchange.req), exchange.req.method);
    return this.requests.serve(exchange);
  }

  /** What the runner throws was reported by it. */
  private exceptionOf(error: unknown, exchange: Exchange): HttpException {
    return error instanceof HttpException ? error : this.runner.toException(error, exchange);
  }
}

/** A creation has no id in its URL; every other request has one as the last segment. */
function idOf(request: PlatformRequest): string | undefined {
  const { method, url = '/' } = rawRequest(request);
  if (method === 'POST' || method === 'OPTIONS') return undefined;
  const { originalUrl = url } = request as { originalUrl?: string };
  return originalUrl
    .replace(/[?#].*$/, '')
    .split('/')
    .filter(Boolean)
    .at(-1);
}

/** No filter of Nest's sees what is thrown here. */
function answerTo(exception: HttpException): Answer {
  const status = exception.getStatus();
  if (exception instanceof TusException) {
    return answerOf({ status, message: exception.message, headers: exception.headers });
  }
  return replay(refusalAnswer(exception));
}
