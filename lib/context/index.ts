export * from './context-snapshot.js';
