export * from './expect-continue.js';
export type * from './http-types.js';
export * from './platform.js';
export * from './tus-exception.filter.js';
export * from './tus-http.js';
export * from './tus-route.js';
export * from './tus.exception.js';
