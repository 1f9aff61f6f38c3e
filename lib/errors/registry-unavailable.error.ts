/**
 * Thrown by a registry that reaches its database no more: it restarts, fails over, has no connection
 * left, takes no writes at the moment, or did not answer in time.
 *
 * What was acknowledged stays; whether the step that failed was stored is not known, and asking again
 * tells. The HTTP answer is 503 with `Retry-After` (RFC 9110 §15.6.4), and once the database is there
 * again everything goes on.
 *
 * @publicApi
 */
export class RegistryUnavailableError extends Error {
  override readonly name = 'RegistryUnavailableError';

  constructor(options?: ErrorOptions) {
    super('The server does not reach what it knows of uploads at the moment; try again.', options);
  }
}
