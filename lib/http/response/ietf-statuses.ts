import {
  COMPLETED_UPLOAD,
  DIGEST_MISMATCHED,
  INCONSISTENT_LENGTH,
  mismatchingOffset,
  ProblemError,
  type Problem,
} from '../../protocol/index.js';
import {
  ChecksumMismatchError,
  CompletedUploadError,
  LengthMismatchError,
  OffsetMismatchError,
  PastLengthError,
} from '../../uploads/index.js';
import { ProblemException } from './problem.exception.js';
import { toTusException } from './tus-statuses.js';
import type { TusException } from './tus.exception.js';

type ErrorClass<E extends Error> = abstract new (...args: never[]) => E;

/** What clients of the IETF's protocol are told of an error that means something else to tus. */
interface Told {
  readonly status: number;
  readonly problem: Problem;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Row {
  readonly of: ErrorClass<Error>;
  tell(error: Error): Told;
}

/** What has a status, or a problem, of its own in the IETF's protocol. */
const ROWS: readonly Row[] = [
  row(OffsetMismatchError, ({ asked, current }) => ({
    status: 409,
    problem: mismatchingOffset(current, asked),
    headers: { 'Upload-Offset': String(current) },
  })),
  row(LengthMismatchError, { status: 400, problem: INCONSISTENT_LENGTH }),
  row(PastLengthError, { status: 400, problem: INCONSISTENT_LENGTH }),
  row(CompletedUploadError, { status: 400, problem: COMPLETED_UPLOAD }),
  row(ChecksumMismatchError, { status: 400, problem: DIGEST_MISMATCHED }),
];

/**
 * The exception that an error means to a client of the IETF's protocol: problem details, with the statuses
 * of tus where there is nothing else to say.
 *
 * @returns `undefined` for an unexpected error
 */
export function toIetfException(error: unknown): TusException | undefined {
  if (error instanceof ProblemException) return error;
  if (error instanceof ProblemError) return new ProblemException(error, error.problem, error);
  const own = error instanceof Error && ROWS.find(({ of }) => error instanceof of)?.tell(error);
  if (own) return new ProblemException({ ...own, message: error.message }, own.problem, error);
  const general = toTusException(error);
  if (!general) return undefined;
  const { message, headers, cause } = general;
  const status = general.getStatus();
  return new ProblemException({ status, message, headers }, undefined, cause);
}

function row<E extends Error>(of: ErrorClass<E>, told: Told | ((error: E) => Told)): Row {
  return { of, tell: (error) => (typeof told === 'function' ? told(error as E) : told) };
}
