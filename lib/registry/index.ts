export * from './each-page.js';
export * from './names.js';
export * from './registry.interface.js';
