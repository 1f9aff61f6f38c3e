/**
 * Thrown while the folder for uploads is not the one that the app started with: it was removed,
 * replaced or unmounted. What it holds now says nothing of the uploads, and what were written now
 * would not be found again.
 *
 * Nothing is wrong with an upload; the HTTP answer is 503 with `Retry-After` (RFC 9110 §15.6.4), and
 * once the folder is there again everything goes on.
 *
 * @publicApi
 */
export class FolderLostError extends Error {
  override readonly name = 'FolderLostError';

  constructor() {
    super('The server does not reach its uploads at the moment; try again.');
  }
}
