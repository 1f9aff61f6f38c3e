export * from './cleanup.orchestrator.js';
export * from './cleanup.service.js';
