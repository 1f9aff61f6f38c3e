export * from './health-check.js';
export type * from './health.interface.js';
