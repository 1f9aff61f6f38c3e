export { isInMemory, isOwnName } from './disk/index.js';
export * from './storage.interface.js';
