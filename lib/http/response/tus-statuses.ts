import {
  ClosedError,
  FileChangedError,
  FolderLostError,
  NoSpaceError,
  RegistryUnavailableError,
  StorageFaultError,
  StoreFaultError,
  UploadFencedError,
  UploadIdTakenError,
  UploadLostError,
} from '../../errors/index.js';
import { ProtocolError } from '../../protocol/index.js';
import {
  ChecksumMismatchError,
  FinalUploadError,
  CompletedUploadError,
  LengthMismatchError,
  NoFileError,
  NoRoomError,
  OffsetMismatchError,
  PastLengthError,
  ShuttingDownError,
  TooManyAppendsError,
  TooManyUploadsError,
  TypeNotAllowedError,
  UnusablePartError,
  UploadBusyError,
  UploadGoneError,
  UploadNotFoundError,
  UploadTooLargeError,
} from '../../uploads/index.js';
import { BodyReadError } from '../connection/request-body.js';
import { TusException } from './tus.exception.js';

type Headers = Readonly<Record<string, string>>;
type ErrorClass<E extends Error> = abstract new (...args: never[]) => E;

/** What clients are told of an error. */
interface Told {
  readonly status: number;
  readonly headers?: Headers;
  /** In place of the error's own words, which are for the app. */
  readonly message?: string;
}

interface Row {
  readonly of: ErrorClass<Error>;
  tell(error: Error): Told;
}

/** Seconds after which it makes sense to ask again. */
const retryAfter = (seconds: number): Headers => ({ 'Retry-After': String(seconds) });

/** What the core's errors are in tus: a row for each. */
const ROWS: readonly Row[] = [
  row(UploadNotFoundError, { status: 404 }),
  row(UploadGoneError, { status: 410 }),
  row(UploadLostError, { status: 410, message: 'The upload is lost; begin anew.' }),
  row(UploadBusyError, { status: 423, headers: retryAfter(1) }),
  row(UploadFencedError, { status: 423, headers: retryAfter(1) }),
  // tus 1.0 leaves the header open; it spares the client a HEAD.
  row(OffsetMismatchError, ({ current }) => ({
    status: 409,
    headers: { 'Upload-Offset': String(current) },
  })),
  row(LengthMismatchError, { status: 400 }),
  row(PastLengthError, { status: 413 }),
  row(CompletedUploadError, { status: 409 }),
  row(UploadTooLargeError, { status: 413 }),
  // tus 1.0 §Checksum.
  row(ChecksumMismatchError, { status: 460 }),
  // tus 1.0 §Concatenation.
  row(FinalUploadError, { status: 403 }),
  row(UnusablePartError, { status: 400 }),
  row(TypeNotAllowedError, { status: 415 }),
  row(TooManyUploadsError, { status: 429, headers: retryAfter(60) }),
  row(TooManyAppendsError, { status: 503, headers: retryAfter(5) }),
  row(NoRoomError, { status: 507 }),
  row(NoSpaceError, { status: 507 }),
  row(NoFileError, { status: 404 }),
  row(UploadIdTakenError, { status: 409 }),
  row(FileChangedError, { status: 500, message: 'The file is not what was uploaded.' }),
  row(BodyReadError, { status: 500 }),
  row(FolderLostError, { status: 503, headers: retryAfter(5) }),
  row(RegistryUnavailableError, { status: 503, headers: retryAfter(5) }),
  row(StoreFaultError, {
    status: 503,
    headers: retryAfter(10),
    message: 'The store has failed; try again later.',
  }),
  row(StorageFaultError, { status: 503, headers: retryAfter(10) }),
  row(ShuttingDownError, { status: 503, headers: retryAfter(1) }),
  row(ClosedError, {
    status: 503,
    headers: retryAfter(1),
    message: 'The server is shutting down; try again.',
  }),
];

/**
 * The exception that an error means to a client.
 *
 * @returns `undefined` for an unexpected error
 */
export function toTusException(error: unknown): TusException | undefined {
  if (error instanceof TusException) return error;
  if (error instanceof ProtocolError) {
    return new TusException(error.status, error.message, error.headers, { cause: error });
  }
  if (!(error instanceof Error)) return undefined;
  const told = ROWS.find(({ of }) => error instanceof of)?.tell(error);
  if (!told) return undefined;
  const { status, headers = {}, message = error.message } = told;
  return new TusException(status, message, headers, { cause: error });
}

function row<E extends Error>(of: ErrorClass<E>, told: Told | ((error: E) => Told)): Row {
  return { of, tell: (error) => (typeof told === 'function' ? told(error as E) : told) };
}
