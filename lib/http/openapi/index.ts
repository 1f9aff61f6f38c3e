export * from './described-routes.js';
