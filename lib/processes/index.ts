export { pidOf } from './identity.js';
export { OtherPidNamespaceError } from './pid-namespace.js';
export * from './process-gone.error.js';
export * from './process-silent.error.js';
export type * from './processes-observer.interface.js';
export * from './processes.js';
export * from './shared-claims.js';
export type * from './shared-tables.interface.js';
export type { Patience } from './silences.js';
