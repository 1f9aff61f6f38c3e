export { FolderStore } from './folder-store.js';
export type { HeldBytes, RunStore } from './run-store.interface.js';
