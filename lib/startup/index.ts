export * from './fault-signals.js';
export * from './processes-log.js';
export * from './registry-log.js';
