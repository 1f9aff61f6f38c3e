export * from './connect.js';
export * from './database.js';
export * from './database-text.js';
export * from './load-pg.js';
export type * from './pg.interface.js';
export * from './postgres.errors.js';
export type * from './postgres-options.interface.js';
export * from './time-limits.js';
