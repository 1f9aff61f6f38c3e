export * from './controller/index.js';
export * from './endpoint/index.js';
export * from './response/error-status.js';
export type * from './request/http-types.js';
export * from './openapi/index.js';
export type * from './platform/http-platform.interface.js';
export * from './platform/platform.js';
export * from './tus/request-runner.js';

export * from './response/tus-exception.filter.js';
export * from './tus/tus-handle.js';
export * from './tus/tus-http.js';
export * from './tus/tus-requests.js';
export * from './platform/tus-route.js';
export * from './response/tus.exception.js';
export * from './tus/upload-adoption.js';
export * from './tus/upload-creation.js';
export * from './tus/upload-path.js';
