export * from './delivery.attempts.js';
export * from './describe-delivery.js';
export * from './delivery-runner.js';
export * from './delivery.orchestrator.js';
export * from './finished-handlers.js';
export * from './handler-runs.js';
export * from './missing-handlers.js';
