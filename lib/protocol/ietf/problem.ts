import { ProtocolError } from '../protocol.error.js';

/** What a refusal says for programs (RFC 9457). */
export interface Problem {
  /** A URI; absent: the status says it all. */
  readonly type?: string;
  readonly title?: string;
  /** Further members, by name. */
  readonly members?: Readonly<Record<string, number | string>>;
}

/** The media type of problem details (RFC 9457 §3). */
export const PROBLEM_JSON = 'application/problem+json';

const TYPES = 'https://iana.org/assignments/http-problem-types#';

/** Bytes were to be appended elsewhere than at the end (draft §Upload Append). */
export function mismatchingOffset(expected: number, provided: number): Problem {
  return {
    type: `${TYPES}mismatching-upload-offset`,
    title: 'offset from request does not match offset of resource',
    members: { 'expected-offset': expected, 'provided-offset': provided },
  };
}

/** What was said of the length does not go together (draft §Upload Length). */
export const INCONSISTENT_LENGTH: Problem = {
  type: `${TYPES}inconsistent-upload-length`,
  title: 'inconsistent length values for upload',
};

/** An upload that is complete takes nothing more (draft -04 to -08, §Upload Append). */
export const COMPLETED_UPLOAD: Problem = {
  type: `${TYPES}completed-upload`,
  title: 'upload is already completed',
};

/** Bytes are not those that were announced (draft-ietf-httpapi-digest-fields-problem-types). */
export const DIGEST_MISMATCHED: Problem = {
  type: `${TYPES}digest-mismatched-values`,
  title: 'digest values in the request do not match the expected values',
};

/** A digest field that is none (same draft). */
export const DIGEST_INVALID: Problem = {
  type: `${TYPES}digest-invalid-values`,
  title: 'digest values in the request are invalid',
};

/**
 * Problem details as JSON.
 *
 * @param detail what was wrong, for people
 */
export function problemJson(status: number, detail: string, problem: Problem = {}): string {
  const { type = 'about:blank', title, members } = problem;
  return `${JSON.stringify({ type, ...(title && { title }), status, detail, ...members })}\n`;
}

/** Thrown when a request breaks a rule of the IETF's protocol. */
export class ProblemError extends ProtocolError {
  constructor(
    status: number,
    message: string,
    readonly problem: Problem = {},
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(status, message, headers);
  }
}
