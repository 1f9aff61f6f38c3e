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

/** What is said of an upload that takes more. */
export function openState(
  { offset, record }: Pick<UploadResult, 'offset' | 'record'>,
  dialect: IetfDialect,
): Record<string, string> {
  const { maxSize, validFor } = record;
  return ietfStatusHeaders({ offset, isComplete: false, maxSize, validFor }, dialect);
}

/** What HEAD says of an upload, whoever has created it. */
export function toldState(
  { offset, record }: Pick<UploadResult, 'offset' | 'record'>,
  isComplete: boolean,
  dialect: IetfDialect,
): Record<string, string> {
  const { length, maxSize, validFor } = record;
  return {
    ...ietfStatusHeaders({ offset, isComplete, length, maxSize, validFor }, dialect),
    'Cache-Control': 'no-store',
  };
}

/**
 * What came of a request on an upload that is complete: 200, with what was kept of the last answer, unless
 * its endpoint is yet to answer.
 *
 * @param headers of this request alone; what all are told is added to them
 */
export function completed(
  { record, offset, hasJustFinished }: UploadResult,
  { intent, profile }: IetfDialect,
  headers: Record<string, string>,
): Outcome {
  const digest = wantedDigestOf(record);
  if (digest !== undefined) headers['Repr-Digest'] = digest;
  if (intent === 'resumable') {
    headers['Upload-Offset'] = String(offset);
    Object.assign(headers, completenessHeader(true, profile));
  }
  const answer = { status: 200, headers };
  return {
    answer: asKept(answer, record.answer),
    finished: hasJustFinished ? record : undefined,
    unanswered: isUnanswered(record) ? record : undefined,
  };
}

/** `Repr-Digest`, where its client wants it (RFC 9530 §4). */
function wantedDigestOf({ terms, hash }: UploadRecord): string | undefined {
  const wanted = terms?.wantedHash;
  if (wanted === undefined) return undefined;
  const told = hash?.algorithm === wanted ? hash : terms?.hash;
  return told && formatDigest(told.algorithm, Buffer.from(told.hex, 'hex'));
}
