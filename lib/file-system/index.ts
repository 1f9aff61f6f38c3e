export * from './sync-path.js';
