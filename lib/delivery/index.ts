export * from './delivery.explorer.js';
export * from './delivery.orchestrator.js';
