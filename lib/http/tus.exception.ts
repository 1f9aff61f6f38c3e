import { HttpException } from '@nestjs/common';
import {
  FolderLostError,
  NoSpaceError,
  StorageFaultError,
  UploadFencedError,
  UploadIdTakenError,
} from '../errors/index.js';
import { ProtocolError } from '../protocol/index.js';
import {
  FileChangedError,
  NoFileError,
  TooManyAppendsError,
  UploadBusyError,
  UploadGoneError,
  UploadNotFoundError,
} from '../uploads/index.js';

/** Seconds after which it makes sense to ask again where the server can do nothing at the moment. */
const PAUSE = '5';

/** Seconds after which it makes sense to ask again where the disk has failed. */
const FAULT_PAUSE = '10';

/**
 * A request that this module refuses or fails. Interceptors see it like any `HttpException`; the
 * client gets its message as one line of plain text.
 *
 * @publicApi
 */
export class TusException extends HttpException {
  constructor(
    status: number,
    message: string,
    /** Headers of the answer. */
    readonly headers: Readonly<Record<string, string>> = {},
    options?: ErrorOptions,
  ) {
    super(message, status, options);
  }
}

/**
 * The refusal an error means to a client.
 *
 * @returns `undefined` for an error that nobody foresaw
 */
export function toTusException(error: unknown): TusException | undefined {
  if (error instanceof TusException) return error;
  if (error instanceof ProtocolError) {
    return new TusException(error.status, error.message, error.headers, { cause: error });
  }
  if (error instanceof UploadNotFoundError) return new TusException(404, error.message);
  if (error instanceof UploadGoneError) return new TusException(410, error.message);
  if (error instanceof NoFileError) return new TusException(404, error.message);
  if (error instanceof UploadIdTakenError) return new TusException(409, error.message);
  if (error instanceof FileChangedError) {
    return new TusException(500, 'The file is not what was uploaded.', {}, { cause: error });
  }
  if (error instanceof UploadBusyError || error instanceof UploadFencedError) {
    return busy(error.message);
  }
  if (error instanceof TooManyAppendsError || error instanceof FolderLostError) {
    return new TusException(503, error.message, { 'Retry-After': PAUSE });
  }
  if (error instanceof NoSpaceError) {
    return new TusException(507, error.message, {}, { cause: error });
  }
  if (error instanceof StorageFaultError) {
    return new TusException(503, error.message, { 'Retry-After': FAULT_PAUSE }, { cause: error });
  }
  return undefined;
}

/** 423 (RFC 4918 §11.3), which tus clients retry. */
export function busy(message: string): TusException {
  return new TusException(423, message, { 'Retry-After': '1' });
}
