import { Inject, Injectable, Logger } from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost } from '@nestjs/core';
import type { Server } from 'node:http';
import { EndpointExplorer, platformOf, TusRoute } from '../http/index.js';
import type { TusOptions } from '../options/index.js';
import { isInMemory } from '../storage/index.js';
import { LOGGER_CONTEXT, TUS_OPTIONS, TUS_ROUTE } from '../tus.constants.js';
import {
  durabilityNone,
  folderInMemory,
  idleLimited,
  interceptorTimesOut,
  keepAliveShort,
  requestsLimited,
  routeAhead,
  routesNotFound,
} from './startup-checks.messages.js';

/** Milliseconds for which proxies keep an idle connection, as a rule. */
const PROXY_KEEP_ALIVE = 60_000;

/** Warns at start, in a line each, of what in the app will disturb its uploads. */
@Injectable()
export class StartupChecks {
  private readonly logger = new Logger(LOGGER_CONTEXT);

  constructor(
    @Inject(TUS_OPTIONS) private readonly options: TusOptions,
    @Inject(TUS_ROUTE) private readonly route: TusRoute,
    private readonly endpoints: EndpointExplorer,
    private readonly adapterHost: HttpAdapterHost,
    private readonly config: ApplicationConfig,
  ) {}

  /** Never fails, whatever it finds. */
  async examine(): Promise<void> {
    const warnings = [
      ...this.routes(),
      ...this.timeLimits(),
      ...this.interceptors().filter(looksLikeTimeout).map(interceptorTimesOut),
      ...(await this.lossesOfPower()),
    ];
    for (const warning of warnings) this.logger.warn(warning);
    const server = this.adapterHost.httpAdapter?.getHttpServer?.() as Server | undefined;
    // Apps set timeouts of the server that `listen()` gives them.
    server?.once('listening', () => setImmediate(() => this.examineKeepAlive(server)));
  }

  private routes(): string[] {
    const platform = platformOf(this.adapterHost.httpAdapter);
    if (!platform) return [];
    const ours = [this.route, ...this.endpoints.routes];
    const ahead = ours.flatMap((route) => platform.routesAhead(route));
    const warnings = ahead.map(({ route, takes }) => routeAhead(route, takes));
    return ours.every((route) => platform.knows(route)) ? warnings : [routesNotFound()];
  }

  private examineKeepAlive({ keepAliveTimeout }: Server): void {
    const isShort = keepAliveTimeout > 0 && keepAliveTimeout < PROXY_KEEP_ALIVE;
    if (!isShort || !platformOf(this.adapterHost.httpAdapter)?.trustsAnyProxy()) return;
    this.logger.warn(keepAliveShort(keepAliveTimeout));
  }

  private timeLimits(): string[] {
    const { idleTimeout } = this.options;
    const limits = platformOf(this.adapterHost.httpAdapter)?.timeLimits() ?? [];
    return limits.flatMap(({ setting, milliseconds, of }) => {
      if (of === 'request') return requestsLimited(setting, milliseconds);
      return milliseconds < idleTimeout ? idleLimited(setting, milliseconds, idleTimeout) : [];
    });
  }

  /** Names of the classes of all global interceptors. */
  private interceptors(): string[] {
    const ready = this.config.getGlobalInterceptors().map(({ constructor }) => constructor.name);
    const scoped = this.config.getGlobalRequestInterceptors().map(({ metatype }) => metatype?.name);
    return [...new Set([...ready, ...scoped.filter((name) => name !== undefined)])];
  }

  private async lossesOfPower(): Promise<string[]> {
    const { durability, tmpFileDir } = this.options;
    if (durability !== 'none') {
      return (await isInMemory(tmpFileDir)) ? [folderInMemory(tmpFileDir, durability)] : [];
    }
    return process.env.NODE_ENV === 'production' ? [durabilityNone()] : [];
  }
}

function looksLikeTimeout(name: string): boolean {
  return /timeout/i.test(name);
}
