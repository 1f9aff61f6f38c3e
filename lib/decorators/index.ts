export * from './inject-tus.decorator.js';
export * from './on-upload-finished.decorator.js';
