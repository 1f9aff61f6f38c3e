export * from './disk-calls.js';
export * from './no-space.js';
export * from './open-in.js';
export * from './sync-path.js';
