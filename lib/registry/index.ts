export * from './lmdb/index.js';
export * from './registry.interface.js';
