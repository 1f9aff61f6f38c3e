import { Inject, Injectable, Logger, type OnModuleInit, type Type } from '@nestjs/common';
import { DiscoveryService, HttpAdapterHost } from '@nestjs/core';
import { AppProviders, methodWithoutInstance } from '../../handlers/index.js';
import {
  optional,
  parseProtocols,
  parseSize,
  TusOptionError,
  type TusOptions,
} from '../../options/index.js';
import { LOGGER_CONTEXT, TUS_OPTIONS } from '../../tus.constants.js';
import { describeRoutes } from '../openapi/index.js';
import { platformOf } from '../platform/platform.js';
import type { TusRoute } from '../platform/tus-route.js';
import { prepareRoute } from '../serving/prepare-route.js';
import { endpointName, type EndpointMark } from './endpoint-mark.js';
import { endpointsOf, mapEndpoints, replacedEndpoints } from './endpoint-routes.js';
import { checkMethods } from './check-methods.js';
import { endpointNotRouted, endpointReplaced, endpointTwice } from './endpoint.messages.js';

/** Finds the app's `@TusEndpoint()` methods, and makes them ready. */
@Injectable()
export class EndpointExplorer implements OnModuleInit {
  /** The marks on the routes of the instance's endpoints, once they are ready. */
  readonly routes: TusRoute[] = [];
  private readonly logger = new Logger(LOGGER_CONTEXT);

  constructor(
    @Inject(TUS_OPTIONS) private readonly options: TusOptions,
    private readonly discovery: DiscoveryService,
    private readonly providers: AppProviders,
    private readonly adapterHost: HttpAdapterHost,
  ) {
    // Controllers are known by now, and their routes are not read yet.
    for (const controller of this.controllers()) {
      mapEndpoints(controller);
      for (const mark of endpointsOf(controller).filter((each) => this.isOurs(each))) {
        describeRoutes(mark.route, this.protocolsOf(mark));
      }
    }
    providers.whenLoaded(({ metatype }) => this.lookAtLate(metatype as Type | null));
  }

  /**
   * @throws TusOptionError for a wrong option, such as an instance that is not there
   * @throws Error for two endpoints of one name
   */
  onModuleInit(): void {
    const names = new Set<string>();
    for (const controller of this.controllers()) {
      for (const mark of endpointsOf(controller)) {
        const name = endpointName(mark, controller);
        this.assertServed(mark, name);
        if (!this.isOurs(mark)) continue;
        if (names.has(name)) throw new Error(endpointTwice(name));
        names.add(name);
        this.prepare(mark, name);
      }
      for (const mark of replacedEndpoints(controller).filter((each) => this.isOurs(each))) {
        this.logger.warn(endpointReplaced(endpointName(mark, controller)));
      }
    }
    // Nest has mapped all routes by now, and the platform still takes more.
    platformOf(this.adapterHost.httpAdapter)?.completeRoutes();
  }

  /** Routes are made at the start alone. */
  private lookAtLate(metatype: Type | null): void {
    if (typeof metatype !== 'function' || !('prototype' in metatype)) return;
    for (const mark of endpointsOf(metatype).filter((each) => this.isOurs(each))) {
      this.logger.warn(endpointNotRouted(endpointName(mark, metatype)));
    }
  }

  private protocolsOf({ options: { protocols } }: EndpointMark): TusOptions['protocols'] {
    if (protocols === undefined) return this.options.protocols;
    return parseProtocols('@TusEndpoint protocols', protocols);
  }

  private isOurs({ options }: EndpointMark): boolean {
    return options.instance === this.options.name;
  }

  private controllers(): Type[] {
    return this.discovery
      .getControllers()
      .map(({ metatype }) => metatype as Type | null)
      .filter((metatype) => metatype !== null);
  }

  private assertServed({ options: { instance } }: EndpointMark, name: string): void {
    const names = this.providers.instanceNames();
    if (names.includes(instance)) return;
    throw new TusOptionError(
      '@TusEndpoint instance',
      instance,
      methodWithoutInstance('@TusEndpoint', name, instance, names),
    );
  }

  private prepare(mark: EndpointMark, name: string): void {
    const { route, options } = mark;
    const { maxSize, methods } = options;
    this.routes.push(route);
    if (methods !== undefined) checkMethods(methods);
    prepareRoute(route, this.adapterHost.httpAdapter, this.options, {
      name,
      methods,
      maxSize: optional(maxSize, (size) => parseSize('@TusEndpoint maxSize', size)),
      protocols: this.protocolsOf(mark),
    });
  }
}
