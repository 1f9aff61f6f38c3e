export * from './delivery.interface.js';
export * from './endpoint.interface.js';
export * from './handler-options.interface.js';
export * from './hooks.interface.js';
export * from './new-upload.interface.js';
export * from './tus-module-options.interface.js';
export * from './upload-event.interface.js';
export * from './upload.interface.js';
