export * from './disk.storage.js';
export * from './memory-file-system.js';
