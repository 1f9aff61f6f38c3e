/**
 * What lies where the file of an upload was is not what was uploaded: something else has removed
 * it, put something in its place, written to it, or cut it off.
 *
 * The HTTP answer is 500, and the log says which upload it was. An unfinished upload begins anew
 * with the next request of its client.
 *
 * @publicApi
 */
export class FileChangedError extends Error {
  override readonly name = 'FileChangedError';

  constructor(
    /** Id of the upload. */
    readonly id: string,
    /** What is wrong with it, as the end of a sentence. */
    readonly fault: string,
  ) {
    super(`The file of the upload "${id}" ${fault}: it is not what its client sent.`);
  }
}
