import {
  completenessHeader,
  formatDigest,
  ietfStatusHeaders,
  type IetfDialect,
} from '../../protocol/index.js';
import type { UploadRecord } from '../../registry/index.js';
import { isUnanswered, type UploadResult } from '../../uploads/index.js';
import { asKept } from '../response/answer.js';
import type { Outcome } from '../response/outcome.js';

type Headers = Readonly<Record<string, string>>;

/** What is said of an upload that takes more. */
export function openState(
  { offset, record }: Pick<UploadResult, 'offset' | 'record'>,
  { profile }: IetfDialect,
): Record<string, string> {
  const { maxSize, validFor } = record;
  return ietfStatusHeaders({ offset, isComplete: false, maxSize, validFor }, profile);
}

/** What HEAD says of an upload, whoever has created it. */
export function toldState(
  { offset, record }: Pick<UploadResult, 'offset' | 'record'>,
  isComplete: boolean,
  { profile }: IetfDialect,
): Record<string, string> {
  const { length, maxSize, validFor } = record;
  return {
    ...ietfStatusHeaders({ offset, isComplete, length, maxSize, validFor }, profile),
    'Cache-Control': 'no-store',
  };
}

/**
 * What came of a request on an upload that is complete: 200, with what was kept of the last answer, unless
 * its endpoint is yet to answer.
 *
 * @param headers of this request alone
 */
export function completed(
  { record, offset, hasJustFinished }: UploadResult,
  { intent, profile }: IetfDialect,
  headers: Headers,
): Outcome {
  const state: Headers =
    intent === 'plain'
      ? {}
      : { 'Upload-Offset': String(offset), ...completenessHeader(true, profile) };
  const answer = { status: 200, headers: { ...headers, ...digestOf(record), ...state } };
  return {
    answer: asKept(answer, record.answer),
    finished: hasJustFinished ? record : undefined,
    unanswered: isUnanswered(record) ? record : undefined,
  };
}

/** `Repr-Digest`, where its client wants it (RFC 9530 §4). */
function digestOf({ terms, hash }: UploadRecord): Headers {
  const wanted = terms?.wantedHash;
  const told = [hash, terms?.hash].find((each) => each?.algorithm === wanted);
  const digest = told && formatDigest(told.algorithm, Buffer.from(told.hex, 'hex'));
  return digest === undefined ? {} : { 'Repr-Digest': digest };
}
