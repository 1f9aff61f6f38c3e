/** A folder cannot be used for uploads; the message says why, and what to do. */
export class UnfitFolderError extends Error {
  override readonly name: string = 'UnfitFolderError';
}
