export * from './create.hooks.js';
export * from './finish.hooks.js';
export * from './stored-answer.js';
