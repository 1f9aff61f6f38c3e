export * from './controller/index.js';
export * from './endpoint/index.js';
export * from './error-status.js';
export type * from './http-types.js';
export * from './openapi/index.js';
export type * from './http-platform.interface.js';
export * from './platform.js';
export * from './request-runner.js';

export * from './tus-exception.filter.js';
export * from './tus-handle.js';
export * from './tus-http.js';
export * from './tus-requests.js';
export * from './tus-route.js';
export * from './tus.exception.js';
export * from './upload-creation.js';
export * from './upload-path.js';
