export * from './no-space.js';
export * from './sync-path.js';
