export * from './as-error.js';
export * from './closed.error.js';
export * from './folder-lost.error.js';
export * from './no-space.error.js';
export * from './storage-fault.error.js';
export * from './unfit-folder.error.js';
export * from './upload-id-taken.error.js';
export * from './upload.error.js';
