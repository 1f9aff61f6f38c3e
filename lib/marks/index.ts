export * from './method-notes.js';
