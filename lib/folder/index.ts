export * from './disk-reserve.js';
export * from './folder-watch.js';
export * from './folders-in-use.js';
export * from './private-folder.js';
export * from './registry-mark.js';
