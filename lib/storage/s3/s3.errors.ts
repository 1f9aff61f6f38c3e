import {
  FileChangedError,
  NoSpaceError,
  StorageFaultError,
  StoreFaultError,
  UploadError,
} from '../../errors/index.js';
import { isNoSpace } from '../../file-system/index.js';

/** What stores say where a bucket, or all of them, can take no more. */
const FULL: ReadonlySet<string> = new Set([
  'QuotaExceeded',
  'InsufficientStorage',
  'XMinioStorageFull',
  'XMinioAdminBucketQuotaExceeded',
]);

/** What is not there, or has been aborted, completed or removed. */
const MISSING: ReadonlySet<string> = new Set(['NoSuchUpload', 'NoSuchKey', 'NotFound']);

/** What may get better by being repeated, whatever its status. */
const TRANSIENT: ReadonlySet<string> = new Set([
  'RequestTimeout',
  'RequestTimeTooSkewed',
  'SlowDown',
  'Throttling',
  'ThrottlingException',
  'TooManyRequests',
  'BadDigest',
  'IncompleteBody',
  'OperationAborted',
  'ConditionalRequestConflict',
]);

/** What an error of a store, or of the connection to it, says. */
interface StoreError {
  readonly name?: string;
  readonly message?: unknown;
  readonly Code?: string;
  readonly code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

function read(error: unknown): StoreError {
  return Object(error) as StoreError;
}

/** The name of an error, as the store has it. */
export function codeOf(error: unknown): string {
  const { name, Code } = read(error);
  return Code ?? name ?? '';
}

export function statusOf(error: unknown): number | undefined {
  return read(error).$metadata?.httpStatusCode;
}

export function isMissing(error: unknown): boolean {
  return MISSING.has(codeOf(error)) || (codeOf(error) === 'Unknown' && statusOf(error) === 404);
}

/** Whether something lies at the place already, or is not what it should be. */
export function isPreconditionFailed(error: unknown): boolean {
  return codeOf(error) === 'PreconditionFailed' || statusOf(error) === 412;
}

export function isInvalidPart(error: unknown): boolean {
  return codeOf(error) === 'InvalidPart';
}

/** Whether a request may be repeated: the store, or the way to it, has failed. */
export function isTransient(error: unknown): boolean {
  if (TRANSIENT.has(codeOf(error))) return true;
  const status = statusOf(error);
  if (status === undefined) return isOfConnection(error);
  return status >= 500 && status !== 501 && status !== 507;
}

/** The client wraps what is no `Error` of its own realm, as in Jest, and leaves the names in a text. */
const CONNECTION = /\b(?:TimeoutError|E[A-Z]{3,})\b/;

function isOfConnection(error: unknown): boolean {
  const { code, name, message } = read(error);
  if (name === 'TimeoutError' || (typeof code === 'string' && /^E[A-Z]/.test(code))) return true;
  return typeof message === 'string' && CONNECTION.test(message);
}

/** What is no fault of the store. */
const OWN = [
  FileChangedError,
  NoSpaceError,
  StorageFaultError,
  UploadError,
  RangeError,
  TypeError,
] as const;

/** What an error of the store means to an upload: there is no room, or it is to be tried again later. */
export function toStorageError(error: unknown): unknown {
  if (OWN.some((kind) => error instanceof kind) || isOfSystem(error)) return error;
  const isFull = FULL.has(codeOf(error)) || statusOf(error) === 507 || isNoSpace(error);
  if (isFull) return new NoSpaceError({ cause: error });
  return new StoreFaultError({ cause: error });
}

/** Errors that say, as those of files do, what lies where an upload is to go, or does not. */
function isOfSystem(error: unknown): boolean {
  return ['EEXIST', 'ENOENT'].includes(read(error).code ?? '');
}

/** Awaits some work, whose errors of the store become those of a storage. */
export async function translating<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toStorageError(error);
  }
}
