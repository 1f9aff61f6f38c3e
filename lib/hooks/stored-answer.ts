import type { HttpException } from '@nestjs/common';
import type { FinishAnswer } from '../interfaces/index.js';
import type { StoredAnswer } from '../registry/index.js';
import { answerHeaders } from './answer-headers.js';

/** Most bytes of a body that are kept. */
export const MAX_BODY = 64 * 1024;

const JSON_TYPE = 'application/json; charset=utf-8';
const TEXT_TYPE = 'text/plain; charset=utf-8';

/**
 * What a hook adds to the last answer, as it is kept.
 *
 * @throws RangeError for a status that is no success, or a body of more than 64 KiB
 * @throws TypeError for a header that cannot be sent
 */
export function toStoredAnswer({ status, headers = {}, body }: FinishAnswer): StoredAnswer {
  if (status !== undefined && (!Number.isInteger(status) || status < 200 || status > 299)) {
    throw new RangeError(`The status of a last answer must be from 200 to 299, not ${status}.`);
  }
  if (body === undefined) return { status: status ?? 204, headers: answerHeaders(headers) };
  const isText = typeof body === 'string';
  const bytes = Buffer.from(isText ? body : JSON.stringify(body));
  if (bytes.length > MAX_BODY) {
    throw new RangeError(
      `The body of a last answer has ${bytes.length} bytes, 64 KiB are allowed.`,
    );
  }
  return {
    status: status ?? 200,
    headers: { 'content-type': isText ? TEXT_TYPE : JSON_TYPE, ...answerHeaders(headers) },
    body: bytes.toString('base64'),
  };
}

/** What the client of a refused upload is told each time: the status, and what Nest says of it. */
export function refusalAnswer(exception: HttpException): StoredAnswer {
  const status = exception.getStatus();
  const said = exception.getResponse();
  const told = typeof said === 'string' ? { statusCode: status, message: said } : said;
  const body = Buffer.from(JSON.stringify(told));
  const kept = body.length > MAX_BODY ? undefined : body.toString('base64');
  return {
    status,
    headers: { 'content-type': JSON_TYPE },
    ...(kept !== undefined && { body: kept }),
  };
}

/** Merges what several hooks add; where two say something, the later one counts. */
export function mergeAnswers(
  first: FinishAnswer | undefined,
  second: FinishAnswer | undefined,
): FinishAnswer | undefined {
  if (!first || !second) return first ?? second;
  return {
    status: second.status ?? first.status,
    headers: { ...first.headers, ...second.headers },
    body: second.body ?? first.body,
  };
}
