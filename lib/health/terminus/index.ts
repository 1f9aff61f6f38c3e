export type { HealthTerms, TusHealth } from '../index.js';
export type { TusHealthOptions } from './health-limits.js';
export { TusHealthIndicator } from './tus.health-indicator.js';
