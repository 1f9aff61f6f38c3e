export * from './event.dispatcher.js';
export * from './upload-events.js';
export * from './watch.js';
