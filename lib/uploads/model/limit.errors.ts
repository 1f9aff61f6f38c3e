import { UploadError } from '../../errors/index.js';

/** An upload has, or would have, more bytes than it may. */
export class UploadTooLargeError extends UploadError {
  override readonly name = 'UploadTooLargeError';
}

/**
 * Makes sure that an upload has no more bytes than it may have.
 *
 * @param maxSize most bytes it may have; no limit unless given
 * @throws UploadTooLargeError
 */
export function assertWithinLimit(bytes: number, maxSize: number | undefined): void {
  if (maxSize === undefined || bytes <= maxSize) return;
  throw new UploadTooLargeError(
    `The upload would have ${bytes} bytes, at most ${maxSize} are allowed.`,
  );
}

/** Its owner has as many uploads as the quota allows. */
export class TooManyUploadsError extends UploadError {
  override readonly name = 'TooManyUploadsError';
}

/** There is no room on the disk for an upload that is to come. */
export class NoRoomError extends UploadError {
  override readonly name = 'NoRoomError';

  constructor() {
    super('There is no room for the upload.');
  }
}

/** A file is declared to be of, or shows, a type that is not allowed. */
export class TypeNotAllowedError extends UploadError {
  override readonly name = 'TypeNotAllowedError';
}

/** As many requests bring bytes as may at the same time. */
export class TooManyAppendsError extends UploadError {
  override readonly name = 'TooManyAppendsError';

  constructor() {
    super('The server takes no more uploads at the moment; try again.');
  }
}
