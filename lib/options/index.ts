export * from './duration.js';
export * from './instance-name.js';
export * from './option.error.js';
export * from './option-values.js';
export * from './quota.js';
export * from './resolve-options.js';
export * from './size.js';
export type * from './tus-options.js';
export * from './upload-path.js';
