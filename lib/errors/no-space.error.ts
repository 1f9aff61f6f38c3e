/**
 * Thrown by a storage or a registry that has no room left for what it was given.
 *
 * What was stored before stays stored; the HTTP answer is 507 (RFC 4918 §11.5).
 */
export class NoSpaceError extends Error {
  override readonly name = 'NoSpaceError';

  constructor(options?: ErrorOptions) {
    super('There is no space left to store the upload.', options);
  }
}
