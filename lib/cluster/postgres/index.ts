export { newIdentity } from './member-name.js';
export type * from './postgres-cluster-options.interface.js';
export * from './postgres.cluster.js';
