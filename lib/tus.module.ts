import { Module } from '@nestjs/common';
import { DiscoveryModule, HttpAdapterHost } from '@nestjs/core';
import { join } from 'node:path';
import { CleanupOrchestrator, CleanupService } from './cleanup/index.js';
import type { Cluster } from './cluster/index.js';
import { LocalCluster } from './cluster/local/index.js';
import {
  DeliveryAttempts,
  DeliveryOrchestrator,
  FinishedHandlers,
  HandlerRuns,
  MissingHandlers,
} from './delivery/index.js';
import { EventDispatcher, UploadEvents } from './events/index.js';
import { DiskCalls } from './file-system/index.js';
import { DiskReserve, FolderWatch } from './folder/index.js';
import { AppProviders, HandlerExplorer, RunningCalls } from './handlers/index.js';
import { CreateHooks, FinishHooks } from './hooks/index.js';
import {
  EndpointExplorer,
  EndpointParameters,
  platformOf,
  RequestRunner,
  TusEndpoints,
  TusHandle,
  TusHttp,
  TusRequests,
  UploadCreation,
  UploadPath,
} from './http/index.js';
import { resolveOptions, type TusOptions } from './options/index.js';
import {
  DATA_FILE,
  LmdbRegistry,
  LmdbSharedTables,
  type LmdbRegistryOptions,
  type UploadRegistry,
} from './registry/index.js';
import {
  DiskLog,
  FolderLog,
  ClusterLog,
  RecoveryLog,
  RegistryLog,
  StartupChecks,
  TusBackground,
  TusHandlers,
  TusLifecycle,
  warnOfCopies,
} from './startup/index.js';
import { DiskStorage, type UploadStorage } from './storage/index.js';
import {
  PROCESSES_FOLDER,
  REGISTRY_FOLDER,
  RESERVE_FOLDER,
  TUS_CLUSTER,
  TUS_NAME,
  TUS_OPTIONS,
  TUS_REGISTRY,
  TUS_STORAGE,
} from './tus.constants.js';
import { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } from './tus.module-definition.js';
import {
  createUploads,
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
    RequestRunner,
    TusHttp,
    TusRequests,
    TusHandle,
    TusEndpoints,
    EndpointExplorer,
    EndpointParameters,
    UploadCreation,
    UploadPath,
    TusLifecycle,
    TusBackground,
    StartupChecks,
    TusHandlers,
    CleanupService,
    CleanupOrchestrator,
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
    DeliveryOrchestrator,
    { provide: DiskCalls, useFactory: () => new DiskCalls() },
    {
      provide: FolderWatch,
      inject: [TUS_OPTIONS, DiskCalls],
      useFactory: ({ tmpFileDir }: TusOptions, calls: DiskCalls) => {
        const witness = join(tmpFileDir, REGISTRY_FOLDER, DATA_FILE);
        return new FolderWatch(witness, new FolderLog(tmpFileDir), calls);
      },
    },
    {
      provide: DiskReserve,
      inject: [TUS_OPTIONS],
      useFactory: ({ tmpFileDir }: TusOptions) =>
        new DiskReserve(join(tmpFileDir, REGISTRY_FOLDER, RESERVE_FOLDER), new DiskLog(tmpFileDir)),
    },
    {
      provide: LmdbSharedTables,
      inject: [TUS_OPTIONS, FolderWatch, DiskReserve],
      useFactory: (options: TusOptions, watch: FolderWatch, reserve: DiskReserve) =>
        new LmdbSharedTables(registryOptions(options, watch, reserve)),
    },
    {
      provide: TUS_CLUSTER,
      inject: [TUS_OPTIONS, FolderWatch, LmdbSharedTables],
      useFactory: ({ tmpFileDir }: TusOptions, watch: FolderWatch, tables: LmdbSharedTables) => {
        const folder = join(tmpFileDir, REGISTRY_FOLDER, PROCESSES_FOLDER);
        return new LocalCluster({ folder, tables, watch, observer: new ClusterLog(tmpFileDir) });
      },
    },
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
      provide: TUS_REGISTRY,
      inject: [TUS_OPTIONS, FolderWatch, DiskReserve, TUS_CLUSTER],
      useFactory: (
        options: TusOptions,
        watch: FolderWatch,
        reserve: DiskReserve,
        fence: Cluster,
      ) => {
        const common = registryOptions(options, watch, reserve);
        return new LmdbRegistry({ ...common, fence, observer: new RegistryLog(common.folder) });
      },
    },
    {
      provide: TUS_STORAGE,
      inject: [TUS_OPTIONS, TUS_REGISTRY, FolderWatch, DiskCalls, DiskReserve, TUS_CLUSTER],
      useFactory: (
        { tmpFileDir, ...modes }: TusOptions,
        registry: UploadRegistry,
        watch: FolderWatch,
        calls: DiskCalls,
        reserve: DiskReserve,
        fence: Cluster,
      ) => {
        const records = storageRecords(registry);
        return new DiskStorage({
          ...modes,
          folder: tmpFileDir,
          records,
          watch,
          calls,
          reserve,
          fence,
        });
      },
    },
    {
      provide: FencedFiles,
      inject: [TUS_REGISTRY, TUS_STORAGE],
      useFactory: (registry: UploadRegistry, storage: UploadStorage) =>
        new FencedFiles(registry, storage),
    },
    {
      provide: FinishedFiles,
      inject: [TUS_REGISTRY, TUS_STORAGE, Leases],
      useFactory: (registry: UploadRegistry, storage: UploadStorage, leases: Leases) =>
        new FinishedFiles(registry, storage, leases),
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
        gate: FinishHooks,
      ) => createUploads({ registry, storage, rules, leases, completion, observer, gate }),
    },
    {
      provide: Orphans,
      inject: [TUS_REGISTRY, TUS_STORAGE, TUS_OPTIONS],
      useFactory: (registry: UploadRegistry, storage: UploadStorage, { validFor }: TusOptions) =>
        new Orphans(registry, storage, validFor),
    },
    {
      provide: Recovery,
      inject: [TUS_REGISTRY, Uploads, Orphans],
      useFactory: (registry: UploadRegistry, uploads: Uploads, orphans: Orphans) =>
        new Recovery(registry, uploads, orphans, new RecoveryLog()),
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

function registryOptions(
  { tmpFileDir, durability }: TusOptions,
  watch: FolderWatch,
  reserve: DiskReserve,
): LmdbRegistryOptions {
  const folder = join(tmpFileDir, REGISTRY_FOLDER);
  return { folder, durable: durability !== 'none', watch, reserve };
}
