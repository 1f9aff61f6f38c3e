/**
 * Thrown when a request breaks a rule of the protocol.
 *
 * `message` is the one line of plain text the client is told, `status` the HTTP status of the
 * answer and `headers` what the answer carries besides.
 */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';

  constructor(
    readonly status: number,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
