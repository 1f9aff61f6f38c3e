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
import { join } from 'node:path';
import { FoldersInUse, FolderWatch, makePrivateFolder } from './folder/index.js';
import { platformOf, type HttpPlatform } from './http/index.js';
import type { TusOptions } from './options/index.js';
import { processWide } from './process-wide.js';
import { pidOf, Processes, SharedClaims } from './processes/index.js';
import type { UploadRegistry } from './registry/index.js';
import type { UploadStorage } from './storage/index.js';
import { TusBackground } from './tus.background.js';
import {
  LOGGER_CONTEXT,
  REGISTRY_FOLDER,
  TUS_OPTIONS,
  TUS_REGISTRY,
  TUS_STORAGE,
} from './tus.constants.js';
import { faultSignalsFreed, folderNarrowed } from './tus.messages.js';
import { freeFaultSignals } from './startup/index.js';
import { startFault } from './tus.start-faults.js';
import { TusDoctor } from './tus.doctor.js';
import { TusHandlers } from './tus.handlers.js';
import { FencedFiles, Leases, Uploads } from './uploads/index.js';

/** Milliseconds that running handlers get to return when the app shuts down. */
const HANDLER_PATIENCE = 1000;

/** Milliseconds for which methods that decide on an upload are waited for when the app shuts down. */
const DECISION_PATIENCE = 3000;

/** Those of all instances of this process. */
const foldersInUse = processWide('folders', () => new FoldersInUse());

/** Starts the parts of an instance in order, and ends them in order. */
@Injectable()
export class TusLifecycle
  implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown
{
  private readonly logger = new Logger(LOGGER_CONTEXT);
  private opened = false;
  private stopFreeingSignals?: () => void;
  private leaveFolder?: () => void;

  constructor(
    @Inject(TUS_OPTIONS) private readonly options: TusOptions,
    @Inject(TUS_REGISTRY) private readonly registry: UploadRegistry,
    @Inject(TUS_STORAGE) private readonly storage: UploadStorage,
    private readonly folder: FolderWatch,
    private readonly processes: Processes,
    private readonly claims: SharedClaims,
    private readonly leases: Leases,
    private readonly fencedFiles: FencedFiles,
    private readonly uploads: Uploads,
    private readonly handlers: TusHandlers,
    private readonly doctor: TusDoctor,
    private readonly background: TusBackground,
    private readonly adapterHost: HttpAdapterHost,
  ) {}

  async onModuleInit(): Promise<void> {
    try {
      await this.open();
    } catch (fault) {
      // An app that failed to start may be started again in this process.
      await this.leave().catch(() => undefined);
      throw startFault(fault, this.options.tmpFileDir);
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
    await this.storage.open();
    await this.takeFolder();
    await this.processes.refuseOtherPidNamespace();
    await this.processes.lookAround();
    await this.registry.open();
    this.claims.onFence((key, suspect) => this.fencedFiles.renew(key, pidOf(suspect)));
    await this.claims.open();
    this.folder.begin();
    this.handlers.explore();
    this.opened = true;
  }

  private async takeFolder(): Promise<void> {
    const uploads = this.options.tmpFileDir;
    const own = join(uploads, REGISTRY_FOLDER);
    const isNarrowed = await makePrivateFolder(own);
    // All instances of an app are given the same.
    this.leaveFolder = await foldersInUse.take({ uploads, own }, this.adapterHost);
    if (isNarrowed) this.logger.log(folderNarrowed(own));
  }

  private async leave(): Promise<void> {
    this.opened = false;
    this.stopFreeingSignals?.();
    try {
      await this.claims.close();
      await this.registry.close();
    } finally {
      this.folder.end();
      this.leaveFolder?.();
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
