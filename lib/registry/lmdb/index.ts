export * from './lmdb.registry.js';
export * from './lmdb.shared-tables.js';
