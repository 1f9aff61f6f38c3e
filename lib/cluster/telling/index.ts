export * from './errands.js';
export * from './process-gone.error.js';
export * from './process-silent.error.js';
export * from './remote-news.js';
export * from './remote-reports.js';
export * from './remote-wake.js';
export * from './telling-cluster.js';
export type * from './messenger.interface.js';
