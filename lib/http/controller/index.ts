export * from './controller-name.js';
export * from './replace-dependency.js';
export * from './tus.controller.factory.js';
export * from './tus.controller.js';
