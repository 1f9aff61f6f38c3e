export * from './disk.storage.js';
export { isOwnName } from './file-names.js';
export * from './memory-file-system.js';
