export * from './endpoint-mark.js';
export * from './endpoint-parameters.js';
export * from './endpoint.explorer.js';
export * from './endpoint.interceptor.js';
export * from './tus-endpoints.js';
export * from './uploaded-uploads.js';
