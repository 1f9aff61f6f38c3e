import { asError } from './as-error.js';
import { StorageFaultError } from './storage-fault.error.js';

/**
 * Thrown when a remote store, such as S3, does not answer, or not as it should. What an upload's record
 * says that it holds, it still holds.
 *
 * The HTTP answer is 503 with `Retry-After` (RFC 9110 §15.6.4); the log has the cause.
 */
export class StoreFaultError extends StorageFaultError {
  override readonly name = 'StoreFaultError';

  /** @param options with the cause, which is told in the message too */
  constructor(options: { readonly cause: unknown }) {
    super(options, `The store has failed: ${textOf(options.cause)}`);
  }
}

/** Some stores send a code only, and it is the error's name. */
function textOf(cause: unknown): string {
  const { name, message } = asError(cause);
  const isTelling = message !== '' && message !== 'UnknownError';
  return isTelling && name !== 'Error' ? `${name}: ${message}` : isTelling ? message : name;
}
