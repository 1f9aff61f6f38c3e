export * from './describe-route.js';
