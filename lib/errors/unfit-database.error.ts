/** A database cannot be used for what is known of uploads; the message says why, and what to do. */
export class UnfitDatabaseError extends Error {
  override readonly name = 'UnfitDatabaseError';
}
