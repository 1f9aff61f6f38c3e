export * from './each-page.js';
export * from './lmdb/index.js';
export * from './names.js';
export * from './registry.interface.js';
