export * from './disk/index.js';
export * from './storage.interface.js';
