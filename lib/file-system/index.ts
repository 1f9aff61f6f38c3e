export * from './disk-calls.js';
export * from './sync-path.js';
