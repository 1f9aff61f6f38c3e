export * from './measures.js';
export * from './timing.js';
export * from './tus-measures.interface.js';
