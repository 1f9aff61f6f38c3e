/**
 * Thrown by what needs the uploads of an app that has been closed, or was not opened yet: they may be
 * another process's by now, so nothing is done.
 *
 * The HTTP answer is 503 with `Retry-After` (RFC 9110 §15.6.4).
 *
 * @publicApi
 */
export class ClosedError extends Error {
  override readonly name = 'ClosedError';

  constructor(message = 'The app that served the uploads has been closed.') {
    super(message);
  }
}
