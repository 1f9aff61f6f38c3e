import {
  AppendSizeError,
  formatLimits,
  type IetfDialect,
  type UploadLimits,
} from '../../protocol/index.js';
import { UploadTooLargeError } from '../../uploads/index.js';
import { ProblemException } from '../response/problem.exception.js';

/** An error, with the limits that it is about where too many, or too few, bytes were sent or announced. */
export function withLimits(
  error: unknown,
  limits: UploadLimits,
  { profile, sizes }: IetfDialect,
): unknown {
  const told = formatLimits(limits, profile, sizes);
  const isOfSize = error instanceof UploadTooLargeError || error instanceof AppendSizeError;
  if (!isOfSize || told === undefined) return error;
  const { message } = error;
  const status = error instanceof AppendSizeError ? error.status : 413;
  const headers = { 'Upload-Limit': told };
  return new ProblemException({ status, message, headers }, undefined, error);
}
