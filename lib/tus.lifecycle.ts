import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { Server } from 'node:http';
import { asError } from './errors/index.js';
import { platformOf, type HttpPlatform } from './http/index.js';
import { TusOptionError, type TusOptions } from './options/index.js';
import { processWide } from './process-wide.js';
import { OtherPidNamespaceError, Processes, SharedClaims } from './processes/index.js';
import type { UploadRegistry } from './registry/index.js';
import type { UploadStorage } from './storage/index.js';
import { TusBackground } from './tus.background.js';
import { LOGGER_CONTEXT, TUS_OPTIONS, TUS_REGISTRY, TUS_STORAGE } from './tus.constants.js';
import {
  faultSignalsFreed,
  folderTaken,
  folderUnusable,
  processesUnusable,
} from './tus.messages.js';
import { freeFaultSignals } from './startup/index.js';
import { TusDoctor } from './tus.doctor.js';
import { TusHandlers } from './tus.handlers.js';
import { Leases, Uploads } from './uploads/index.js';

/** Milliseconds that running handlers get to return when the app shuts down. */
const HANDLER_PATIENCE = 1000;

/** Milliseconds for which methods that decide on an upload are waited for when the app shuts down. */
const DECISION_PATIENCE = 3000;

/** Folders in use by the instances of this process. */
const folders = processWide('folders', () => new Set<string>());

/** Starts the parts of an instance in order, and ends them in order. */
@Injectable()
export class TusLifecycle
  implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown
{
  private readonly logger = new Logger(LOGGER_CONTEXT);
  private opened = false;
  private stopFreeingSignals?: () => void;

  constructor(
    @Inject(TUS_OPTIONS) private readonly options: TusOptions,
    @Inject(TUS_REGISTRY) private readonly registry: UploadRegistry,
    @Inject(TUS_STORAGE) private readonly storage: UploadStorage,
    private readonly processes: Processes,
    private readonly claims: SharedClaims,
    private readonly leases: Leases,
    private readonly uploads: Uploads,
    private readonly handlers: TusHandlers,
    private readonly doctor: TusDoctor,
    private readonly background: TusBackground,
    private readonly adapterHost: HttpAdapterHost,
  ) {}

  async onModuleInit(): Promise<void> {
    const { tmpFileDir } = this.options;
    if (folders.has(tmpFileDir)) {
      throw new TusOptionError('tmpFileDir', tmpFileDir, folderTaken(tmpFileDir));
    }
    folders.add(tmpFileDir);
    try {
      await this.open();
    } catch (error) {
      // An app that failed to start may be started again in this process.
      await this.leave().catch(() => undefined);
      throw error;
    }
  }

  async onApplicationBootstrap(): Promise<void> {
    this.stopFreeingSignals = freeFaultSignals((signals) =>
      this.logger.warn(faultSignalsFreed(signals)),
    );
    this.prepareServer();
    await this.doctor.examine();
    await this.background.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.uploads.interrupt('shutdown');
    this.platform?.servers.endHeadless();
    await this.background.stop(HANDLER_PATIENCE);
    await this.handlers.stop();
  }

  async onApplicationShutdown(): Promise<void> {
    if (!this.opened) return;
    // Whoever takes an upload over must not meet our own work on its bytes.
    await this.leases.idle(DECISION_PATIENCE);
    await this.leave();
  }

  private async open(): Promise<void> {
    await this.openOr(folderUnusable, () => this.storage.open());
    await this.openOr(processesUnusable, () => this.processes.refuseOtherPidNamespace());
    await this.openOr(folderUnusable, () => this.registry.open());
    await this.openOr(processesUnusable, () => this.claims.open());
    this.handlers.explore();
    this.opened = true;
  }

  private async leave(): Promise<void> {
    this.opened = false;
    this.stopFreeingSignals?.();
    await this.claims.close();
    await this.registry.close();
    folders.delete(this.options.tmpFileDir);
  }

  private async openOr(remedy: (reason: string) => string, open: () => Promise<void>) {
    try {
      await open();
    } catch (cause) {
      const { tmpFileDir } = this.options;
      const { message } = asError(cause);
      const advice = cause instanceof OtherPidNamespaceError ? message : remedy(message);
      throw new TusOptionError('tmpFileDir', tmpFileDir, advice, { cause });
    }
  }

  private get platform(): HttpPlatform | undefined {
    return platformOf(this.adapterHost.httpAdapter);
  }

  /** The adapter's own; others are made ready when their first request comes. */
  private prepareServer(): void {
    const server = this.adapterHost.httpAdapter?.getHttpServer?.() as Server | undefined;
    if (server) this.platform?.servers.prepare(server);
  }
}
