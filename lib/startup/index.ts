export * from './fault-signals.js';
