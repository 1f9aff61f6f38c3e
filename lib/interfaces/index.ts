export * from './on-upload-finished-options.interface.js';
export * from './tus-module-options.interface.js';
export * from './upload.interface.js';
