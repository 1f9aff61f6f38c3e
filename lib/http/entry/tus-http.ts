import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { TusOptions } from '../../options/index.js';
import { TUS_OPTIONS, TUS_ROUTE } from '../../tus.constants.js';
import { platformOf } from '../platform/platform.js';
import type { TusRoute } from '../platform/tus-route.js';
import { exchangeOf, type Exchange } from '../request/exchange.js';
import type { PlatformRequest, PlatformResponse } from '../request/http-types.js';
import type { Outcome } from '../response/outcome.js';
import { prepareRoute } from './prepare-route.js';
import { RequestRunner } from './request-runner.js';
import { TusRequests } from './tus-requests.js';

/** Brings the requests on an instance's upload path to its uploads, and the answers to clients. */
@Injectable()
export class TusHttp implements OnModuleInit {
  constructor(
    @Inject(TUS_OPTIONS) options: TusOptions,
    @Inject(TUS_ROUTE) route: TusRoute,
    private readonly requests: TusRequests,
    private readonly runner: RequestRunner,
    private readonly adapterHost: HttpAdapterHost,
  ) {
    prepareRoute(route, adapterHost.httpAdapter, options);
  }

  /** Nest has mapped all routes by now, and the platform still takes more. */
  onModuleInit(): void {
    platformOf(this.adapterHost.httpAdapter)?.completeRoutes?.();
  }

  /** OPTIONS. */
  discover(request: PlatformRequest, response: PlatformResponse): Promise<void> {
    return this.serve(request, response, (exchange) => this.requests.discover(exchange));
  }

  /** POST. */
  create(request: PlatformRequest, response: PlatformResponse): Promise<void> {
    return this.serve(request, response, (exchange) => this.requests.create(exchange));
  }

  /** HEAD. */
  status(request: PlatformRequest, response: PlatformResponse): Promise<void> {
    return this.serve(request, response, (exchange) => this.requests.status(exchange));
  }

  /** PATCH. */
  append(request: PlatformRequest, response: PlatformResponse): Promise<void> {
    return this.serve(request, response, (exchange) => this.requests.append(exchange));
  }

  /** DELETE. */
  terminate(request: PlatformRequest, response: PlatformResponse): Promise<void> {
    return this.serve(request, response, (exchange) => this.requests.terminate(exchange));
  }

  /** GET. */
  download(request: PlatformRequest, response: PlatformResponse): Promise<void> {
    return this.serve(request, response, (exchange) => this.requests.download(exchange));
  }

  /** Any other method. */
  refuse(request: PlatformRequest, response: PlatformResponse): Promise<void> {
    return this.serve(request, response, (exchange) => this.requests.refuse(exchange));
  }

  private async serve(
    request: PlatformRequest,
    response: PlatformResponse,
    work: (exchange: Exchange) => Promise<Outcome>,
  ): Promise<void> {
    const exchange = exchangeOf(request, response);
    await this.runner.serve(exchange, work(exchange));
  }
}
