export * from './as-error.js';
export * from './no-space.error.js';
export * from './storage-fault.error.js';
export * from './upload.error.js';
