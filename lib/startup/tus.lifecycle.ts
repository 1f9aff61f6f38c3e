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
import { performance } from 'node:perf_hooks';
import { platformOf, type HttpPlatform } from '../http/index.js';
import type { RegistryBackend } from '../interfaces/index.js';
import { TusOptionError, type TusOptions } from '../options/index.js';
import type { UploadStorage } from '../storage/index.js';
import { LOGGER_CONTEXT, TUS_BACKEND, TUS_OPTIONS, TUS_STORAGE } from '../tus.constants.js';
import { FencedFiles, Leases, Uploads } from '../uploads/index.js';
import { waitAtMost } from '../wait-at-most.js';
import { freeFaultSignals } from './fault-signals.js';
import { StartupChecks } from './startup-checks.js';
import { TusBackground } from './tus.background.js';
import { TusHandlers } from './tus.handlers.js';

/**
 * Milliseconds that the app's methods and the clients of uploads have, from the beginning of a
 * shutdown. With what follows, it is over within a second.
 */
const PATIENCE = 800;

/** The instances of each app, which has one host of its adapter. */
const instancesOf = new WeakMap<HttpAdapterHost, Set<TusLifecycle>>();

/** Starts the parts of an instance in order, and ends them in order. */
@Injectable()
export class TusLifecycle
  implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown
{
  private readonly logger = new Logger(LOGGER_CONTEXT);
  private opening?: Promise<void>;
  private opened = false;
  private readonly instances: Set<TusLifecycle>;
  private stopFreeingSignals?: () => void;
  private ending?: Promise<void>;
  /** Time (`performance.now()`) until which the app's methods are waited for at the end. */
  private until = 0;

  constructor(
    @Inject(TUS_OPTIONS) private readonly options: TusOptions,
    @Inject(TUS_BACKEND) private readonly backend: RegistryBackend,
    @Inject(TUS_STORAGE) private readonly storage: UploadStorage,
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
    // The app may be told to end while it starts.
    if (this.ending) return;
    try {
      await (this.opening = this.open());
    } catch (fault) {
      // An app that failed to start may be started again in this process.
      await this.leave().catch(() => undefined);
      throw fault;
    }
  }

  async onApplicationBootstrap(): Promise<void> {
    if (this.ending) return;
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
    await this.opening?.catch(() => undefined);
    if (!this.opened) return;
    // Another process that takes an upload over must not meet our own work on its bytes.
    await this.leases.close(Math.max(this.until - performance.now(), 0));
    for (const { uploadId, name } of this.handlers.running) {
      this.logger.warn(methodGivenUp(uploadId, name));
    }
    await this.leave();
  }

  private async end(): Promise<void> {
    this.until = performance.now() + PATIENCE;
    this.uploads.interrupt('shutdown');
    this.platform?.servers.endConnections(this.until);
    await waitAtMost(PATIENCE, Promise.all([this.background.stop(), this.handlers.idle()]));
    await this.handlers.stop();
  }

  private async open(): Promise<void> {
    const { cluster } = this.backend;
    this.refuseReserve();
    await this.prepareRedirects();
    cluster.onFence((key, suspect) => this.fencedFiles.fence(key, suspect));
    await this.backend.open();
    await this.storage.open();
    await this.examineBackend();
    this.handlers.explore();
    this.opened = true;
  }

  /** @throws Error where it does not go with the instance */
  private async examineBackend(): Promise<void> {
    const { delivery } = this.options;
    const use = { deliveries: delivery.concurrency, folder: this.storage.files?.folder };
    const warnings = (await this.backend.examine?.(use)) ?? [];
    for (const warning of warnings) this.logger.warn(warning);
  }

  /** @throws TusOptionError where room is to be reserved on a disk, and there is none */
  private refuseReserve(): void {
    if (!this.options.reserveDisk || this.storage.files) return;
    throw new TusOptionError('reserveDisk', true, noDisk());
  }

  /** @throws TusOptionError where downloads are to be sent to the storage, and it has no URLs */
  private async prepareRedirects(): Promise<void> {
    const { redirectFor } = this.options;
    if (redirectFor === undefined) return;
    const { shared } = this.storage;
    if (!shared) throw new TusOptionError('download.redirect', redirectFor / 1000, noUrls());
    await shared.prepare();
  }

  private async leave(): Promise<void> {
    this.opened = false;
    this.stopFreeingSignals?.();
    try {
      await this.backend.close();
    } finally {
      await this.storage.close();
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

/** Only files lie on a disk that may be full. */
function noDisk(): string {
  return 'The storage keeps no files on a disk whose room could be told. Leave the option out, or set a quota.';
}

/** Only some storages can be asked for bytes by clients. */
function noUrls(): string {
  return 'The storage has no URLs at which clients could fetch files. Leave the option out: the app sends them itself.';
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
