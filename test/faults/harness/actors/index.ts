export type * from './actor.js';
export * from './callers.js';
export * from './checkers.js';
export * from './concatenators.js';
export * from './finishers.js';
export * from './leavers.js';
export * from './senders.js';
export * from './stage.js';
