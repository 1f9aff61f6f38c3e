export { stopStore as default } from './start-store.js';
