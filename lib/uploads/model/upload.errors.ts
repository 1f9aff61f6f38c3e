import { UploadError } from '../../errors/index.js';
import type { StoredAnswer } from '../../registry/index.js';

/** There is no such upload, or it belongs to another owner. */
export class UploadNotFoundError extends UploadError {
  override readonly name = 'UploadNotFoundError';

  constructor(
    /** Id of the upload. */
    readonly id: string,
  ) {
    super(`There is no upload "${id}".`);
  }
}

/** There was such an upload: it was terminated, or it expired. */
export class UploadGoneError extends UploadError {
  override readonly name = 'UploadGoneError';

  constructor(
    /** Id of the upload. */
    readonly id: string,
    /** How it has ended. */
    readonly state: 'terminated' | 'expired',
  ) {
    super(
      state === 'terminated'
        ? `The upload "${id}" was terminated.`
        : `The upload "${id}" has expired.`,
    );
  }
}

/** The application refused the upload when all of it was there. */
export class UploadRefusedError extends UploadError {
  override readonly name = 'UploadRefusedError';

  constructor(
    /** Id of the upload. */
    readonly id: string,
    /** What the client was told, and is told again. */
    readonly answer: StoredAnswer,
  ) {
    super(`The upload "${id}" was refused.`);
  }
}

/** Another request has the upload and did not let go of it in time. */
export class UploadBusyError extends UploadError {
  override readonly name = 'UploadBusyError';

  constructor(
    /** Id of the upload. */
    readonly id: string,
  ) {
    super(`The upload "${id}" is busy with another request.`);
  }
}

/** Something was asked of the file of an upload that has no file to give. */
export class NoFileError extends UploadError {
  override readonly name = 'NoFileError';

  constructor(
    /** Id of the upload. */
    readonly id: string,
    why: string,
  ) {
    super(`The upload "${id}" has no file: ${why}.`);
  }
}
