import { Module } from '@nestjs/common';
import { DiscoveryModule, HttpAdapterHost } from '@nestjs/core';
import { join } from 'node:path';
import { CleanupOrchestrator, CleanupService } from './cleanup/index.js';
import {
  DeliveryAttempts,
  DeliveryOrchestrator,
  FinishedHandlers,
  HandlerRuns,
  MissingHandlers,
} from './delivery/index.js';
import { EventDispatcher, UploadEvents } from './events/index.js';
import { FolderWatch } from './folder/index.js';
import { AppProviders, HandlerExplorer } from './handlers/index.js';
import { CreateHooks, FinishHooks } from './hooks/index.js';
import {
  EndpointExplorer,
  EndpointParameters,
  platformOf,
  TusEndpoints,
  TusHandle,
  TusHttp,
  TusRequests,
  UploadCreation,
  UploadPath,
} from './http/index.js';
import { resolveOptions, type TusOptions } from './options/index.js';
import { Processes, SharedClaims } from './processes/index.js';
import {
  DATA_FILE,
  LmdbRegistry,
  LmdbSharedTables,
  type LmdbRegistryOptions,
  type UploadRegistry,
} from './registry/index.js';
import { ProcessesLog, RegistryLog } from './startup/index.js';
import { DiskStorage, type UploadStorage } from './storage/index.js';
import {
  PROCESSES_FOLDER,
  REGISTRY_FOLDER,
  TUS_NAME,
  TUS_OPTIONS,
  TUS_REGISTRY,
  TUS_STORAGE,
} from './tus.constants.js';
import { TusBackground } from './tus.background.js';
import { warnOfCopies } from './tus.copies.js';
import { TusDoctor } from './tus.doctor.js';
import { FolderLog } from './tus.folder-log.js';
import { TusHandlers } from './tus.handlers.js';
import { TusLifecycle } from './tus.lifecycle.js';
import { RecoveryLog } from './tus.recovery-log.js';
import { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } from './tus.module-definition.js';
import {
  FencedFiles,
  FinishedFiles,
  Leases,
  Leftovers,
  Recovery,
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
    TusDoctor,
    TusHandlers,
    CleanupService,
    CleanupOrchestrator,
    AppProviders,
    HandlerExplorer,
    CreateHooks,
    FinishHooks,
    UploadEvents,
    EventDispatcher,
    FinishedHandlers,
    HandlerRuns,
    MissingHandlers,
    DeliveryAttempts,
    DeliveryOrchestrator,
    {
      provide: FolderWatch,
      inject: [TUS_OPTIONS],
      useFactory: ({ tmpFileDir }: TusOptions) =>
        new FolderWatch(join(tmpFileDir, REGISTRY_FOLDER, DATA_FILE), new FolderLog(tmpFileDir)),
    },
    {
      provide: LmdbSharedTables,
      inject: [TUS_OPTIONS, FolderWatch],
      useFactory: (options: TusOptions, watch: FolderWatch) =>
        new LmdbSharedTables(registryOptions(options, watch)),
    },
    {
      provide: Processes,
      inject: [TUS_OPTIONS, FolderWatch, LmdbSharedTables],
      useFactory: ({ tmpFileDir }: TusOptions, watch: FolderWatch, tables: LmdbSharedTables) => {
        const folder = join(tmpFileDir, REGISTRY_FOLDER, PROCESSES_FOLDER);
        return new Processes({ folder, tables, watch, observer: new ProcessesLog(tmpFileDir) });
      },
    },
    {
      provide: SharedClaims,
      inject: [Processes, LmdbSharedTables],
      useFactory: (processes: Processes, tables: LmdbSharedTables) =>
        new SharedClaims(processes, tables),
    },
    {
      provide: Leases,
      inject: [SharedClaims],
      useFactory: (claims: SharedClaims) => new Leases(undefined, claims),
    },
    {
      provide: TUS_OPTIONS,
      inject: [MODULE_OPTIONS_TOKEN, { token: TUS_NAME, optional: true }],
      useFactory: resolveOptions,
    },
    {
      provide: TUS_REGISTRY,
      inject: [TUS_OPTIONS, FolderWatch, SharedClaims],
      useFactory: (options: TusOptions, watch: FolderWatch, fence: SharedClaims) => {
        const common = registryOptions(options, watch);
        return new LmdbRegistry({ ...common, fence, observer: new RegistryLog(common.folder) });
      },
    },
    {
      provide: TUS_STORAGE,
      inject: [TUS_OPTIONS, FolderWatch, SharedClaims],
      useFactory: ({ tmpFileDir, ...modes }: TusOptions, watch: FolderWatch, fence: SharedClaims) =>
        new DiskStorage({ ...modes, folder: tmpFileDir, watch, fence }),
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
      ) => new Uploads(registry, storage, rules, leases, { completion, observer, gate }),
    },
    {
      provide: Leftovers,
      inject: [TUS_REGISTRY, TUS_STORAGE, TUS_OPTIONS],
      useFactory: (registry: UploadRegistry, storage: UploadStorage, { validFor }: TusOptions) =>
        new Leftovers(registry, storage, validFor),
    },
    {
      provide: Recovery,
      inject: [TUS_REGISTRY, Uploads, Leftovers],
      useFactory: (registry: UploadRegistry, uploads: Uploads, leftovers: Leftovers) =>
        new Recovery(registry, uploads, leftovers, new RecoveryLog()),
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
): LmdbRegistryOptions {
  return { folder: join(tmpFileDir, REGISTRY_FOLDER), durable: durability !== 'none', watch };
}
