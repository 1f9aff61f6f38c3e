export * from './local-copies.js';
export * from './disk.storage.js';
export { makeFolder } from './folders.js';
export { isOwnName } from './file-names.js';
export * from './memory-file-system.js';
