import { formatLimits, type IetfDialect, type UploadLimits } from '../../protocol/index.js';
import { UploadTooLargeError } from '../../uploads/index.js';
import { ProblemException } from '../response/problem.exception.js';

/** An error, with the limits that it is about where too many bytes were sent or announced. */
export function withLimits(
  error: unknown,
  limits: UploadLimits,
  { profile }: IetfDialect,
): unknown {
  const told = formatLimits(limits, profile);
  if (!(error instanceof UploadTooLargeError) || told === undefined) return error;
  const { message } = error;
  const headers = { 'Upload-Limit': told };
  return new ProblemException({ status: 413, message, headers }, undefined, error);
}
