export * from './before-upload.decorator.js';
export * from './inject-tus.decorator.js';
export * from './on-upload-events.decorator.js';
export * from './on-upload-finished.decorator.js';
export * from './tus-endpoint.decorator.js';
