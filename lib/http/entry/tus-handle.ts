import { HttpException, Inject, Injectable } from '@nestjs/common';
import { refusalAnswer } from '../../hooks/index.js';
import type { TusOptions } from '../../options/index.js';
import { assertNotOverridden, type IetfRules } from '../../protocol/index.js';
import type { UploadRecord } from '../../registry/index.js';
import { TUS_OPTIONS } from '../../tus.constants.js';
import { claimRequest } from '../connection/own-requests.js';
import { recognize } from '../request/dialect.js';
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
import { replay, type Answer } from '../response/answer.js';
import { corsHeaders } from '../response/cors.js';
import type { Outcome } from '../response/outcome.js';
import { TusException } from '../response/tus.exception.js';
import { RequestRunner } from '../serving/request-runner.js';
import { spokenAs } from '../serving/spoken-protocols.js';
import { FrontDoors } from './front-doors.js';

/** Answers requests on routes that an app has made itself. */
@Injectable()
export class TusHandle {
  private readonly ietf?: IetfRules;

  constructor(
    @Inject(TUS_OPTIONS) options: TusOptions,
    private readonly doors: FrontDoors,
    private readonly runner: RequestRunner,
  ) {
    this.ietf = spokenAs(options.protocols, options.ietf);
  }

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
    recognize(req, this.ietf);
    claimRequest(req);
    showBody(req);
    completeHead(req, res, undefined, corsHeaders(this.ietf !== undefined).exposed);
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
    return this.doors.serve(exchange);
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
  if (exception instanceof TusException) return exception.toAnswer();
  return replay(refusalAnswer(exception));
}
