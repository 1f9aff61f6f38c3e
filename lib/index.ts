export { getCleanupIntervalName } from './cleanup/index.js';
export {
  SoleCluster,
  type Claims,
  type Cluster,
  type LeaseKey,
  type Member,
  type MemberReport,
  type Membership,
  type News,
  type Renew,
  type Reporting,
  type Reserve,
  type Reserved,
  type Waking,
  type Watching,
} from './cluster/index.js';
export * from './decorators/inject-tus.decorator.js';
export * from './decorators/before-upload.decorator.js';
export * from './decorators/on-upload-events.decorator.js';
export * from './decorators/on-upload-finished.decorator.js';
export * from './decorators/tus-endpoint.decorator.js';
export {
  ClosedError,
  type Fence,
  FileChangedError,
  FolderLostError,
  NoSpaceError,
  RegistryUnavailableError,
  StorageFaultError,
  UploadFencedError,
  UploadIdTakenError,
  UploadLostError,
} from './errors/index.js';
export type { HealthTerms, TusHealth } from './health/index.js';
export {
  TusController,
  TusException,
  type PlatformRequest,
  type PlatformResponse,
} from './http/index.js';
export type * from './interfaces/index.js';
export { adoptFileStore, type FileStoreOptions, type FileStoreReport } from './migration/index.js';
export { OwnedUploads } from './owned-uploads.js';
export { TusOptionError } from './options/index.js';
export type { ProcessReport, TusProcess } from './processes/index.js';
export {
  IETF_ALLOWED_HEADERS,
  IETF_EXPOSED_HEADERS,
  TUS_ALLOWED_HEADERS,
  TUS_CORS_METHODS,
  TUS_EXPOSED_HEADERS,
  type ChecksumAlgorithm,
  type TusExtension,
} from './protocol/index.js';
export type {
  DeliveryKey,
  DeliveryOutcome,
  DeliveryQuery,
  DeliveryRecord,
  DeliveryState,
  DueTerms,
  Page,
  StorageState,
  StoredAnswer,
  StoredHash,
  UploadChange,
  UploadKind,
  UploadProtocol,
  UploadQuery,
  UploadRecord,
  UploadRegistry,
  UploadState,
  UploadTerms,
  Usage,
  Usages,
} from './registry/index.js';
export type {
  ByteRange,
  Cleared,
  DiskLocation,
  FileStorage,
  FinishedPlace,
  Holding,
  Located,
  ReadOptions,
  S3Location,
  SharedFolder,
  SharedHead,
  SharedStorage,
  StorageLocation,
  StorageLocations,
  StorageRecords,
  StoredBytes,
  UploadStorage,
  UploadWriter,
  WriterOptions,
} from './storage/index.js';
export { TusModule } from './tus.module.js';
export type {
  AppendMessage,
  AppendStats,
  DeliveryMessage,
  DeliveryStats,
  PassStats,
  RefusedMessage,
  RunningAppend,
  ThroughputStats,
  TimingStats,
  TusStats,
  UploadChangeName,
  UploadMessage,
} from './measures/index.js';
export type { TusModuleAsyncOptions, TusModuleExtras } from './tus.module-extras.interface.js';
export { TusService } from './tus.service.js';
export {
  NoFileError,
  UploadBusyError,
  UploadGoneError,
  UploadNotFoundError,
} from './uploads/index.js';
