export * from './app-providers.js';
export * from './handler.explorer.js';
export * from './handler.interface.js';
export * from './running-calls.js';
