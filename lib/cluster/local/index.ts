export type * from './local-cluster-options.interface.js';
export * from './local.cluster.js';
export type { Patience } from './silences.js';
