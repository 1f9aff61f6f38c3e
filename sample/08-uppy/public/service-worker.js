// Keeps files over a reload that are too large for the browser's database.
import '@uppy/golden-retriever/lib/ServiceWorker.js';
