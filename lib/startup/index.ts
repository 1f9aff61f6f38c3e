export * from './fault-signals.js';
export * from './registry-log.js';
