import { Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { TusOptions } from '../../options/index.js';
import { TUS_OPTIONS, TUS_ROUTE } from '../../tus.constants.js';
import { describeRoutes } from '../openapi/index.js';
import type { TusRoute } from '../platform/tus-route.js';
import { exchangeOf } from '../request/exchange.js';
import type { PlatformRequest, PlatformResponse } from '../request/http-types.js';
import type { Verb } from '../serving/front-door.interface.js';
import { prepareRoute } from '../serving/prepare-route.js';
import { RequestRunner } from '../serving/request-runner.js';
import { FrontDoors } from './front-doors.js';

/** Brings the requests on an instance's upload path to its uploads, and the answers to clients. */
@Injectable()
export class TusHttp {
  constructor(
    @Inject(TUS_OPTIONS) options: TusOptions,
    @Inject(TUS_ROUTE) route: TusRoute,
    private readonly doors: FrontDoors,
    private readonly runner: RequestRunner,
    { httpAdapter }: HttpAdapterHost,
  ) {
    prepareRoute(route, httpAdapter, options);
    describeRoutes(route, options.protocols);
  }

  /** OPTIONS. */
  discover(request: PlatformRequest, response: PlatformResponse): Promise<void> {
    return this.serve(request, response, 'discover');
  }

  /** POST. */
  create(request: PlatformRequest, response: PlatformResponse): Promise<void> {
    return this.serve(request, response, 'create');
  }

  /** HEAD. */
  status(request: PlatformRequest, response: PlatformResponse): Promise<void> {
    return this.serve(request, response, 'status');
  }

  /** PATCH. */
  append(request: PlatformRequest, response: PlatformResponse): Promise<void> {
    return this.serve(request, response, 'append');
  }

  /** DELETE. */
  terminate(request: PlatformRequest, response: PlatformResponse): Promise<void> {
    return this.serve(request, response, 'terminate');
  }

  /** GET. */
  download(request: PlatformRequest, response: PlatformResponse): Promise<void> {
    return this.serve(request, response, 'download');
  }

  /** Any other method. */
  refuse(request: PlatformRequest, response: PlatformResponse): Promise<void> {
    return this.serve(request, response, 'refuse');
  }

  private async serve(
    request: PlatformRequest,
    response: PlatformResponse,
    verb: Verb,
  ): Promise<void> {
    const exchange = exchangeOf(request, response);
    await this.runner.serve(exchange, this.doors.serve(exchange, verb));
  }
}
