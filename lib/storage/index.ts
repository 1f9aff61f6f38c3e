export { isInMemory, isOwnName, LocalCopies } from './disk/index.js';
export * from './storage.interface.js';
export * from './storage-location.interface.js';
export * from './upload-writer.interface.js';
