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
import { performance } from 'node:perf_hooks';
import type { Cluster } from '../cluster/index.js';
import { DiskReserve, FoldersInUse, FolderWatch, makePrivateFolder } from '../folder/index.js';
import { platformOf, type HttpPlatform } from '../http/index.js';
import type { TusOptions } from '../options/index.js';
import { processWide } from '../process-wide.js';
import type { UploadRegistry } from '../registry/index.js';
import type { UploadStorage } from '../storage/index.js';
import {
  LOGGER_CONTEXT,
  REGISTRY_FOLDER,
  TUS_CLUSTER,
  TUS_OPTIONS,
  TUS_REGISTRY,
  TUS_STORAGE,
} from '../tus.constants.js';
import { FencedFiles, Leases, Uploads } from '../uploads/index.js';
import { waitAtMost } from '../wait-at-most.js';
import { freeFaultSignals } from './fault-signals.js';
import { startFault } from './start-faults.js';
import { StartupChecks } from './startup-checks.js';
import { TusBackground } from './tus.background.js';
import { TusHandlers } from './tus.handlers.js';

/**
 * Milliseconds that the app's methods and the clients of uploads have, from the beginning of a
 * shutdown. With what follows, it is over within a second.
 */
const PATIENCE = 800;

/** The folders of all instances of this process. */
const foldersInUse = processWide('folders', () => new FoldersInUse());

/** The instances of each app, which has one host of its adapter. */
const instancesOf = new WeakMap<HttpAdapterHost, Set<TusLifecycle>>();

/** Starts the parts of an instance in order, and ends them in order. */
@Injectable()
export class TusLifecycle
  implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown
{
  private readonly logger = new Logger(LOGGER_CONTEXT);
  private opened = false;
  private readonly instances: Set<TusLifecycle>;
  private stopFreeingSignals?: () => void;
  private ending?: Promise<void>;
  /** Time (`performance.now()`) until which the app's methods are waited for at the end. */
  private until = 0;
  private leaveFolder?: () => void;

  constructor(
    @Inject(TUS_OPTIONS) private readonly options: TusOptions,
    @Inject(TUS_REGISTRY) private readonly registry: UploadRegistry,
    @Inject(TUS_STORAGE) private readonly storage: UploadStorage,
    private readonly folder: FolderWatch,
    private readonly reserve: DiskReserve,
    @Inject(TUS_CLUSTER) private readonly cluster: Cluster,
    private readonly leases: Leases,
    private readonly fencedFiles: FencedFiles,
    private readonly uploads: Uploads,
    private readonly handlers: TusHandlers,
    private readonly checks: StartupChecks,
    private readonly background: TusBackground,
    private readonly adapterHost: HttpAdapterHost,
  ) {
    this.instances = instancesOf.get(adapterHost) ?? new Set();
    instancesOf.set(adapterHost, this.instances.add(this));
  }

  async onModuleInit(): Promise<void> {
    try {
      await this.reserve.spend(() => this.openOrLeave());
      this.reserve.begin();
    } catch (fault) {
      this.reserve.end();
      throw startFault(fault, this.options.tmpFileDir);
    }
  }

  async onApplicationBootstrap(): Promise<void> {
    this.stopFreeingSignals = freeFaultSignals((signals) =>
      this.logger.warn(faultSignalsFreed(signals)),
    );
    this.prepareServer();
    await this.checks.examine();
    await this.background.start();
  }

  /** All instances of an app begin to end when the first of them is told to. */
  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all([...this.instances].map((each) => (each.ending ??= each.end())));
  }

  async onApplicationShutdown(): Promise<void> {
    if (!this.opened) return;
    // Another process that takes an upload over must not meet our own work on its bytes.
    await this.leases.close(Math.max(this.until - performance.now(), 0));
    for (const { uploadId, name } of this.handlers.running) {
      this.logger.warn(methodGivenUp(uploadId, name));
    }
    await this.leave();
    this.reserve.end();
  }

  private async openOrLeave(): Promise<void> {
    try {
      await this.open();
    } catch (fault) {
      // An app that failed to start may be started again in this process.
      await this.leave().catch(() => undefined);
      throw fault;
    }
  }

  private async end(): Promise<void> {
    this.until = performance.now() + PATIENCE;
    this.uploads.interrupt('shutdown');
    this.platform?.servers.endConnections(this.until);
    await waitAtMost(PATIENCE, Promise.all([this.background.stop(), this.handlers.idle()]));
    await this.handlers.stop();
  }

  private async open(): Promise<void> {
    await this.storage.open();
    await this.takeFolder();
    await this.cluster.lookAround();
    await this.registry.open();
    this.cluster.onFence((key, suspect) => this.fencedFiles.fence(key, suspect));
    await this.cluster.open();
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
      await this.cluster.close();
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

/** What earlier versions, or a generous umask, left open to all users of the machine. */
function folderNarrowed(folder: string): string {
  return `${folder} was open to other users of this machine; it is for this process's user only now.`;
}

/** Listeners in JavaScript would turn a native fault into an endless loop. */
function faultSignalsFreed(signals: readonly string[]): string {
  return (
    `Listeners to ${signals.join(', ')} were removed: with them, a fault in native code would stop ` +
    `the process for ever in place of ending it. Name the signals you mean: ` +
    `app.enableShutdownHooks(['SIGTERM', 'SIGINT']).`
  );
}

/** The app ends, and one of its methods does not. */
function methodGivenUp(id: string | undefined, method: string): string {
  const subject = id === undefined ? 'A new upload' : `Upload ${id}`;
  return (
    `${subject}: ${method} had not returned when the app ended, and was waited for no longer. What it ` +
    `was called for is taken up again after the next start.`
  );
}
