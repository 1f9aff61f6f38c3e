export { diskFiles } from './local/disk-files.js';
export { localRegistry } from './local/local.backend.js';
export { LocalFolder } from './local/local-folder.js';
export * from './make-parts.js';
