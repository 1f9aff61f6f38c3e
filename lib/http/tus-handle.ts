import { Injectable, type HttpException } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { refusalAnswer } from '../hooks/index.js';
import { assertNotOverridden } from '../protocol/index.js';
import type { UploadRecord } from '../registry/index.js';
import { completeHead } from './answer-head.js';
import { answerOf, replay, type Answer } from './answer.js';
import { disconnect } from './connection.js';
import type { Exchange } from './exchange.js';
import { headerLines } from './header-lines.js';
import { showBody } from './hidden-body.js';
import {
  rawRequest,
  rawResponse,
  type PlatformRequest,
  type PlatformResponse,
} from './http-types.js';
import { claimRequest } from './own-requests.js';
import { Refusals } from './refusals.js';
import { sendAnswer } from './send-answer.js';
import { TusRequests } from './tus-requests.js';
import { TusException } from './tus.exception.js';

/** Answers requests on routes that an app has made itself. */
@Injectable()
export class TusHandle {
  private readonly refusals = new Refusals();

  constructor(
    private readonly requests: TusRequests,
    private readonly adapterHost: HttpAdapterHost,
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
    const exchange: Exchange = { request, response, req, res };
    try {
      assertNotOverridden(headerLines(req), req.method);
      return await this.serve({ ...exchange, id: idOf(request) });
    } catch (error) {
      this.send(exchange, answerTo(this.refusals.of(error, exchange)));
      return undefined;
    }
  }

  private async serve(exchange: Exchange): Promise<UploadRecord | undefined> {
    const serving = this.requests.serve(exchange);
    const { answer, isAnswered, fault, finished } = await this.refusals.orThrow(serving, exchange);
    if (fault) this.refusals.report(fault, exchange);
    if (answer) this.send(exchange, answer);
    else if (!isAnswered) disconnect(exchange.req);
    return finished;
  }

  private send({ response }: Exchange, answer: Answer): void {
    sendAnswer(this.adapterHost.httpAdapter, response, answer);
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
