export * from './each-page.js';
export * from './names.js';
export * from './registry.interface.js';
export * from './delivery-record.interface.js';
export * from './upload-record.interface.js';
export { taken } from './delivery-steps.js';
