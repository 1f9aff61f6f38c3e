export * from './disk-calls.js';
export * from './no-space.js';
export * from './sync-path.js';
