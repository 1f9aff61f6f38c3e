export { getCleanupIntervalName } from './cleanup/index.js';
export * from './decorators/inject-tus.decorator.js';
export * from './decorators/before-upload.decorator.js';
export * from './decorators/on-upload-events.decorator.js';
export * from './decorators/on-upload-finished.decorator.js';
export * from './decorators/tus-endpoint.decorator.js';
export {
  ClosedError,
  FileChangedError,
  FolderLostError,
  NoSpaceError,
  RegistryUnavailableError,
  StorageFaultError,
  UploadFencedError,
  UploadIdTakenError,
} from './errors/index.js';
export {
  TusController,
  TusException,
  type PlatformRequest,
  type PlatformResponse,
} from './http/index.js';
export type * from './interfaces/index.js';
export { OwnedUploads } from './owned-uploads.js';
export { TusOptionError } from './options/index.js';
export {
  TUS_ALLOWED_HEADERS,
  TUS_CORS_METHODS,
  TUS_EXPOSED_HEADERS,
  type TusExtension,
} from './protocol/index.js';
export type {
  DeliveryQuery,
  DeliveryState,
  Page,
  UploadQuery,
  UploadState,
} from './registry/index.js';
export type { ByteRange } from './storage/index.js';
export { TusModule } from './tus.module.js';
export type { TusModuleAsyncOptions, TusModuleExtras } from './tus.module-extras.interface.js';
export { TusService } from './tus.service.js';
export {
  NoFileError,
  UploadBusyError,
  UploadGoneError,
  UploadNotFoundError,
} from './uploads/index.js';
