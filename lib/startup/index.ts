export * from './package-copies.js';
export * from './recovery-log.js';
export * from './startup-checks.js';
export * from './tus.background.js';
export * from './tus.handlers.js';
export * from './tus.lifecycle.js';
