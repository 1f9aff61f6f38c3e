import { UploadError } from '../../errors/index.js';

/** Bytes were to be appended at another offset than the upload's. */
export class OffsetMismatchError extends UploadError {
  override readonly name = 'OffsetMismatchError';

  constructor(
    readonly asked: number,
    /** Bytes the upload has. */
    readonly current: number,
  ) {
    super(`The offset is ${asked}; the upload is at ${current}.`);
  }
}

/** The length of an upload was to be changed, or to be less than what it has. */
export class LengthMismatchError extends UploadError {
  override readonly name = 'LengthMismatchError';
}

/** Bytes go past the length that an upload was said to have. */
export class PastLengthError extends UploadError {
  override readonly name = 'PastLengthError';
}

/** Something was to be appended to an upload that is complete. */
export class CompletedUploadError extends UploadError {
  override readonly name = 'CompletedUploadError';

  constructor() {
    super('The upload is complete.');
  }
}

/** Bytes are not what they were announced to be; they are not kept. */
export class ChecksumMismatchError extends UploadError {
  override readonly name = 'ChecksumMismatchError';

  constructor(algorithm: string) {
    super(`The ${algorithm} checksum of the bytes is another one; they are not kept.`);
  }
}

/** Bytes were sent to an upload that is made of others. */
export class FinalUploadError extends UploadError {
  override readonly name = 'FinalUploadError';

  constructor() {
    super('A final upload takes no bytes of its own.');
  }
}

/** A final upload was to be made of something that cannot be a part of it. */
export class UnusablePartError extends UploadError {
  override readonly name = 'UnusablePartError';
}

/** The app shuts down before the request is done. */
export class ShuttingDownError extends UploadError {
  override readonly name = 'ShuttingDownError';

  constructor() {
    super('The server is shutting down.');
  }
}
