export * from './method-notes.js';
export * from './route-method.js';
