export { adoptFileStore, type FileStoreOptions, type FileStoreReport } from './adopt-file-store.js';
