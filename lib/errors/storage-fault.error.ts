/**
 * Thrown when the disk of a storage or a registry has failed to keep what was written, so that
 * later writes cannot be trusted either.
 *
 * What an earlier flush covered stays; the client must send the other bytes of an unfinished upload
 * again. The HTTP answer is 503 with `Retry-After` (RFC 9110 §15.6.4).
 */
export class StorageFaultError extends Error {
  override readonly name: string = 'StorageFaultError';

  constructor(options?: ErrorOptions, message = 'The disk has failed; try again later.') {
    super(message, options);
  }
}
