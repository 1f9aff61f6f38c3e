export * from './process-reports.js';
export type * from './tus-process.interface.js';
