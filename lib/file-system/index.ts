export * from './open-in.js';
export * from './sync-path.js';
