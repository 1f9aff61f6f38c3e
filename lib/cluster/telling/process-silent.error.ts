/** A process that was asked something lives, and did not answer for so long that others go on without it. */
export class ProcessSilentError extends Error {
  override readonly name = 'ProcessSilentError';

  constructor(readonly identity: string) {
    super(`The process ${identity} does not answer.`);
  }
}
