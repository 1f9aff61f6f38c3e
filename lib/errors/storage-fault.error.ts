/**
 * Thrown by a storage or a registry whose disk has failed to keep what it was given, and that cannot
 * vouch for what follows either.
 *
 * What a flush has covered before stays; bytes of an unfinished upload that none has are to be sent
 * again. The HTTP answer is 503 with `Retry-After` (RFC 9110 §15.6.4).
 */
export class StorageFaultError extends Error {
  override readonly name = 'StorageFaultError';

  constructor(options?: ErrorOptions) {
    super('The disk has failed; try again later.', options);
  }
}
