export { isInMemory, isOwnName, LocalCopies } from './disk/index.js';
export * from './storage.interface.js';
