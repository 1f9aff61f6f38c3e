import { Module } from '@nestjs/common';
import { DiscoveryModule, HttpAdapterHost } from '@nestjs/core';
import {
  diskFiles,
  LocalFolder,
  localRegistry,
  makeBackend,
  makeStorage,
} from './backends/index.js';
import { CleanupOrchestrator, CleanupService } from './cleanup/index.js';
import type { Cluster } from './cluster/index.js';
import {
  DeliveryAttempts,
  DeliveryOrchestrator,
  DeliveryRunner,
  FinishedHandlers,
  HandlerRuns,
  MissingHandlers,
} from './delivery/index.js';
import { EventDispatcher, UploadEvents } from './events/index.js';
import { AppProviders, HandlerExplorer, RunningCalls } from './handlers/index.js';
import { HealthCheck } from './health/index.js';
import { CreateHooks, FinishHooks } from './hooks/index.js';
import {
  EndpointExplorer,
  EndpointParameters,
  FileDownloads,
  FrontDoors,
  IetfRequests,
  MetadataCheck,
  platformOf,
  RequestPolicy,
  RequestRunner,
  TusEndpoints,
  TusHandle,
  TusHttp,
  TusRequests,
  UploadAdoption,
  UploadCreation,
  UploadPath,
  UploadUrls,
} from './http/index.js';
import type { RegistryBackend } from './interfaces/index.js';
import { Measures } from './measures/index.js';
import { resolveOptions, type TusOptions } from './options/index.js';
import { ProcessReports } from './processes/index.js';
import type { UploadRegistry } from './registry/index.js';
import {
  RecoveryLog,
  StartupChecks,
  TusBackground,
  TusHandlers,
  TusLifecycle,
  warnOfCopies,
} from './startup/index.js';
import { LocalCopies, type UploadStorage } from './storage/index.js';
import {
  TUS_BACKEND,
  TUS_CLUSTER,
  TUS_NAME,
  TUS_OPTIONS,
  TUS_REGISTRY,
  TUS_STORAGE,
} from './tus.constants.js';
import { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } from './tus.module-definition.js';
import {
  createUploads,
  describeRecord,
  FencedFiles,
  FinishedFiles,
  Leases,
  Orphans,
  Recovery,
  storageRecords,
  Uploads,
} from './uploads/index.js';

/**
 * Resumable uploads over the tus protocol.
 *
 * `TusModule.forRoot(options)` serves an upload path and provides `TusService`;
 * `TusModule.forRootAsync(options)` does the same with options from a factory, a class or an
 * existing provider. Import it once for each upload path, every further one with a `name`.
 *
 * @publicApi
 */
@Module({
  imports: [DiscoveryModule],
  providers: [
    Measures,
    ProcessReports,
    RequestRunner,
    RequestPolicy,
    MetadataCheck,
    UploadUrls,
    TusHttp,
    TusRequests,
    IetfRequests,
    FrontDoors,
    FileDownloads,
    TusHandle,
    TusEndpoints,
    EndpointExplorer,
    EndpointParameters,
    UploadAdoption,
    UploadCreation,
    UploadPath,
    TusLifecycle,
    TusBackground,
    StartupChecks,
    TusHandlers,
    CleanupService,
    CleanupOrchestrator,
    HealthCheck,
    AppProviders,
    HandlerExplorer,
    RunningCalls,
    CreateHooks,
    FinishHooks,
    UploadEvents,
    EventDispatcher,
    FinishedHandlers,
    HandlerRuns,
    MissingHandlers,
    DeliveryAttempts,
    DeliveryRunner,
    DeliveryOrchestrator,
    {
      provide: Leases,
      inject: [TUS_CLUSTER],
      useFactory: (cluster: Cluster) => new Leases(undefined, cluster),
    },
    {
      provide: TUS_OPTIONS,
      inject: [MODULE_OPTIONS_TOKEN, { token: TUS_NAME, optional: true }],
      useFactory: resolveOptions,
    },
    {
      provide: LocalFolder,
      inject: [TUS_OPTIONS, HttpAdapterHost],
      useFactory: ({ tmpFileDir, directoryMode }: TusOptions, app: HttpAdapterHost) =>
        new LocalFolder(tmpFileDir, app, directoryMode),
    },
    {
      provide: TUS_BACKEND,
      inject: [TUS_OPTIONS, LocalFolder],
      useFactory: ({ name, durability, registry }: TusOptions, folder: LocalFolder) =>
        makeBackend(registry ?? localRegistry(folder), { name, durable: durability !== 'none' }),
    },
    {
      provide: TUS_REGISTRY,
      inject: [TUS_BACKEND],
      useFactory: ({ registry }: RegistryBackend) => registry,
    },
    {
      provide: TUS_CLUSTER,
      inject: [TUS_BACKEND],
      useFactory: ({ cluster }: RegistryBackend) => cluster,
    },
    {
      provide: TUS_STORAGE,
      inject: [TUS_OPTIONS, LocalFolder, TUS_BACKEND],
      useFactory: (
        options: TusOptions,
        folder: LocalFolder,
        { registry, cluster: fence }: RegistryBackend,
      ) =>
        makeStorage(options.storage ?? diskFiles(folder, options), {
          name: options.name,
          records: storageRecords(registry),
          fence,
          describe: describeRecord,
        }),
    },
    {
      provide: FencedFiles,
      inject: [TUS_REGISTRY, TUS_STORAGE],
      useFactory: (registry: UploadRegistry, storage: UploadStorage) =>
        new FencedFiles(registry, storage),
    },
    {
      provide: FinishedFiles,
      inject: [TUS_REGISTRY, TUS_STORAGE, Leases, TUS_OPTIONS],
      useFactory: (
        registry: UploadRegistry,
        storage: UploadStorage,
        leases: Leases,
        modes: TusOptions,
      ) => new FinishedFiles(registry, storage, leases, new LocalCopies(modes)),
    },
    {
      provide: Uploads,
      inject: [
        TUS_REGISTRY,
        TUS_STORAGE,
        TUS_OPTIONS,
        Leases,
        DeliveryOrchestrator,
        UploadEvents,
        FinishHooks,
      ],
      useFactory: (
        registry: UploadRegistry,
        storage: UploadStorage,
        rules: TusOptions,
        leases: Leases,
        completion: DeliveryOrchestrator,
        observer: UploadEvents,
        policy: FinishHooks,
      ) => createUploads({ registry, storage, rules, leases, completion, observer, policy }),
    },
    {
      provide: Orphans,
      inject: [TUS_REGISTRY, TUS_STORAGE, TUS_OPTIONS],
      useFactory: (registry: UploadRegistry, storage: UploadStorage, { validFor }: TusOptions) =>
        new Orphans(registry, storage, validFor),
    },
    {
      provide: Recovery,
      inject: [TUS_REGISTRY, Uploads, Orphans, Measures],
      useFactory: (
        registry: UploadRegistry,
        uploads: Uploads,
        orphans: Orphans,
        measures: Measures,
      ) => new Recovery(registry, uploads, orphans, new RecoveryLog(measures)),
    },
  ],
})
export class TusModule extends ConfigurableModuleClass {
  constructor(adapterHost: HttpAdapterHost) {
    super();
    // Before anything of another copy is asked for in vain.
    warnOfCopies();
    // As early as can be: what other modules add to the platform must come after our hooks.
    adapterHost.init$.subscribe(() => platformOf(adapterHost.httpAdapter));
  }
}
