import { catchError, throwError, type Observable } from 'rxjs';
import { NoFileError } from '../../uploads/index.js';
import { toTusException } from './tus-statuses.js';
import { TusException } from './tus.exception.js';

/** What Nest looks for, beside `HttpException`s, in the manner of http-errors. */
const PROPERTIES = ['status', 'statusCode', 'expose'] as const;

/**
 * Gives an error of ours the status with which a route of the app answers when the app lets the
 * error through. For all else that an app does with it, it stays the same error.
 *
 * @returns the error
 */
export function withStatus(error: unknown): unknown {
  const status = statusOf(error);
  if (status === undefined) return error;
  const values = { status, statusCode: status, expose: true };
  for (const name of PROPERTIES) {
    Object.defineProperty(error, name, {
      value: values[name],
      configurable: true,
      writable: true,
    });
  }
  return error;
}

/** Takes the status back, where an error is to count as a fault; everything else stays as it is. */
export function withoutStatus(error: unknown): unknown {
  if (statusOf(error) !== undefined) {
    for (const name of PROPERTIES) Reflect.deleteProperty(error as object, name);
  }
  return error;
}

/** Does some work, and gives its errors a status. */
export async function answering<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw withStatus(error);
  }
}

/** The same values, and an error that has a status. */
export function answering$<T>(values$: Observable<T>): Observable<T> {
  return values$.pipe(catchError((error: unknown) => throwError(() => withStatus(error))));
}

/** 409 for a missing file: the app knows the upload, and only the upload's state is in the way. */
function statusOf(error: unknown): number | undefined {
  if (error instanceof TusException) return undefined;
  if (error instanceof NoFileError) return 409;
  return toTusException(error)?.getStatus();
}
