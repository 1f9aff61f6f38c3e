export { FolderStore } from './folder-store.js';
export { withRecords } from './records.js';
export type { HeldBytes, RunStore } from './run-store.interface.js';
