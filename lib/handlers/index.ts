export * from './handler.explorer.js';
export * from './handler.interface.js';
export * from './is-meant-for.js';
