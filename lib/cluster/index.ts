export type * from './cluster.interface.js';
export type * from './cluster-observer.interface.js';
export * from './lease-key.js';
export type * from './shared-tables.interface.js';
export * from './sole.cluster.js';
