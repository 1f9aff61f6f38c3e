import { Inject, Injectable, Logger } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { CleanupOrchestrator } from '../cleanup/index.js';
import { uploadIdOf, type Cluster } from '../cluster/index.js';
import { DeliveryOrchestrator } from '../delivery/index.js';
import type { TusOptions } from '../options/index.js';
import { LOGGER_CONTEXT, TUS_CLUSTER, TUS_OPTIONS } from '../tus.constants.js';
import { Recovery } from '../uploads/index.js';
import { TusHandlers } from './tus.handlers.js';

/**
 * What an instance does by itself, beside requests and what the app asks for: deliveries, cleanup,
 * and the repair of what processes that died have left.
 *
 * Only servers and workers do so. A script that only wants to look at uploads would take deliveries
 * from a server, and end in the middle of them.
 */
@Injectable()
export class TusBackground {
  private readonly logger = new Logger(LOGGER_CONTEXT);

  constructor(
    @Inject(TUS_OPTIONS) private readonly options: TusOptions,
    private readonly adapterHost: HttpAdapterHost,
    private readonly handlers: TusHandlers,
    private readonly deliveries: DeliveryOrchestrator,
    private readonly cleanup: CleanupOrchestrator,
    private readonly recovery: Recovery,
    @Inject(TUS_CLUSTER) private readonly cluster: Cluster,
  ) {}

  /** Begins, or leaves it to other processes on the folder. */
  async start(): Promise<void> {
    if (!(this.options.background ?? this.hasServer())) return this.leave();
    this.handlers.reportMissing();
    await this.deliveries.start();
    this.cleanup.start();
    this.recovery.start();
    this.cluster.onGone((_identity, keys) => {
      const ids = keys.map(uploadIdOf).filter((id) => id !== undefined);
      void this.recovery.takeOver(ids);
    });
  }

  /** Resolves when the app's methods that it has called have returned, which may be never. */
  async stop(): Promise<void> {
    await Promise.all([this.cleanup.stop(), this.recovery.stop(), this.deliveries.stop()]);
  }

  private leave(): void {
    this.deliveries.leaveToOthers();
    if (this.options.background === undefined) this.logger.log(backgroundElsewhere());
  }

  private hasServer(): boolean {
    // There is no adapter in a standalone app, nor in a microservice, whatever its type says.
    const adapter = this.adapterHost.httpAdapter as Partial<HttpAdapterHost['httpAdapter']> | null;
    return Boolean(adapter?.getHttpServer?.());
  }
}

/** Without an HTTP server, this process may be a script. */
function backgroundElsewhere(): string {
  return (
    'The app has no HTTP server: deliveries, cleanup and repair are left to other processes. Set ' +
    'background to true where this one is to do them.'
  );
}
