export * from './app-providers.js';
export * from './handler-marks.js';
export * from './handler.explorer.js';
export * from './handler.interface.js';
export { methodWithoutInstance } from './handler.messages.js';
export * from './running-calls.js';
