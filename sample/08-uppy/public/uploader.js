import Uppy from '@uppy/core';
import Dashboard from '@uppy/dashboard';
import GoldenRetriever from '@uppy/golden-retriever';
import Tus from '@uppy/tus';
import { wordsOf } from './words.js';

/** Milliseconds between tries: a server may be away for most of a minute, and is soon found again. */
const RETRY_DELAYS = [0, 1000, 2000, 3000, 5000, 5000, 5000, 10_000, 10_000];

/**
 * Uppy, as its Dashboard in the page.
 *
 * @param user whose files these are: what the browser keeps of them is kept apart by the `id`
 */
export function createUploader(user) {
  return new Uppy({ id: `files-of-${user || 'nobody'}` })
    .use(Dashboard, {
      target: '#uploader',
      inline: true,
      width: '100%',
      height: 420,
      theme: 'auto',
      fileManagerSelectionType: 'both',
      disableInformer: true, // the page has the server's words, and they stay
      note: 'Pictures, films, music, PDF and text.',
      proudlyDisplayPoweredByUppy: false,
    })
    .use(Tus, {
      endpoint: '/files',
      retryDelays: RETRY_DELAYS,
      // Else the same file, sent again, would be taken for the one that was sent before.
      removeFingerprintOnSuccess: true,
      onError: (error) => (error.message = wordsOf(error)),
    })
    .use(GoldenRetriever, { serviceWorker: true });
}
