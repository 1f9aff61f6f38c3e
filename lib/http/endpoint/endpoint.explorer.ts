import { Inject, Injectable, type OnModuleInit, type Type } from '@nestjs/common';
import { DiscoveryService, HttpAdapterHost, ModuleRef } from '@nestjs/core';
import { parseSize, type TusOptions } from '../../options/index.js';
import { discoveryHeaders } from '../../protocol/index.js';
import { TUS_OPTIONS } from '../../tus.constants.js';
import { endpointTwice, endpointWithoutInstance } from '../../tus.messages.js';
import { createCorsHandler } from '../cors.js';
import type { TusRoute } from '../tus-route.js';
import { endpointName, type EndpointMark } from './endpoint-mark.js';
import { endpointsOf, mapEndpoints } from './endpoint-routes.js';
import { getEndpointsToken } from './tus-endpoints.js';

/** Finds the app's `@TusEndpoint()` methods, and makes them ready. */
@Injectable()
export class EndpointExplorer implements OnModuleInit {
  /** The marks on the routes of the instance's endpoints, once they are ready. */
  readonly routes: TusRoute[] = [];

  constructor(
    @Inject(TUS_OPTIONS) private readonly options: TusOptions,
    private readonly discovery: DiscoveryService,
    private readonly moduleRef: ModuleRef,
    private readonly adapterHost: HttpAdapterHost,
  ) {
    // Controllers are known by now, and their routes are not read yet.
    for (const controller of this.controllers()) mapEndpoints(controller);
  }

  /**
   * @throws Error for an endpoint of an instance that is not there, or two of one name
   * @throws TusOptionError for a wrong option
   */
  onModuleInit(): void {
    const names = new Set<string>();
    for (const controller of this.controllers()) {
      for (const mark of endpointsOf(controller)) {
        const name = endpointName(mark, controller);
        this.assertServed(mark, name);
        if (mark.options.instance !== this.options.name) continue;
        if (names.has(name)) throw new Error(endpointTwice(name));
        names.add(name);
        this.prepare(mark);
      }
    }
  }

  private controllers(): Type[] {
    return this.discovery
      .getControllers()
      .map(({ metatype }) => metatype as Type | null)
      .filter((metatype) => metatype !== null);
  }

  private assertServed({ options }: EndpointMark, name: string): void {
    try {
      this.moduleRef.get(getEndpointsToken(options.instance), { strict: false });
    } catch {
      throw new Error(endpointWithoutInstance(name, options.instance));
    }
  }

  private prepare({ route, options }: EndpointMark): void {
    const maxSize =
      options.maxSize === undefined
        ? this.options.maxSize
        : parseSize('@TusEndpoint maxSize', options.maxSize);
    const { cors } = this.options;
    this.routes.push(route);
    route.prepare(this.adapterHost.httpAdapter, {
      discovery: discoveryHeaders({ ...this.options, maxSize }),
      cors: cors && createCorsHandler(cors),
    });
  }
}
