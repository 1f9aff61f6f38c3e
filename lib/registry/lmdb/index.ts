export { DATA_FILE } from './readiness.js';
export * from './lmdb.registry.js';
export * from './lmdb.shared-tables.js';
