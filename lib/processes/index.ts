export { OtherPidNamespaceError } from './pid-namespace.js';
export * from './process-gone.error.js';
export type * from './processes-options.interface.js';
export * from './processes.js';
export * from './shared-claims.js';
export type * from './shared-tables.interface.js';
