export * from './disk.storage.js';
