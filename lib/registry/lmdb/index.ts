export * from './lmdb.registry.js';
