/**
 * Thrown by a storage or a registry whose disk has failed to keep what it was given, and that cannot
 * vouch for what follows either.
 *
 * What was acknowledged before stays acknowledged; the HTTP answer is 503 (RFC 9110 §15.6.4).
 */
export class StorageFaultError extends Error {
  override readonly name = 'StorageFaultError';

  constructor(options?: ErrorOptions) {
    super('The disk has failed; try again later.', options);
  }
}
