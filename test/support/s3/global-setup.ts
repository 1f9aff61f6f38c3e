export { startStore as default } from './start-store.js';
