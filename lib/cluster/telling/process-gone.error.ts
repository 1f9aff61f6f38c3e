/** A process that was asked something has ended. */
export class ProcessGoneError extends Error {
  override readonly name = 'ProcessGoneError';

  constructor(readonly identity: string) {
    super(`The process ${identity} has ended.`);
  }
}
