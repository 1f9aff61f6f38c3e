export { copyToFile, isInMemory, isOwnName, type CopyModes } from './disk/index.js';
export * from './storage.interface.js';
