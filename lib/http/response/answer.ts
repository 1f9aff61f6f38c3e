import { STATUS_CODES } from 'node:http';
import type { StoredAnswer } from '../../registry/index.js';

/** An answer before a platform has it. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Text, unless it was kept as other bytes. */
  readonly body?: string | Buffer;
}

/** A refusal as an answer: its message is the line of text the client gets. */
export function answerOf(refusal: {
  readonly status: number;
  readonly message: string;
  readonly headers: Readonly<Record<string, string>>;
}): Answer & { readonly body: string } {
  const { status, headers, message } = refusal;
  return {
    status,
    headers: { ...headers, 'Content-Type': 'text/plain; charset=utf-8' },
    body: `${message || STATUS_CODES[status]}\n`,
  };
}

/** An answer that was kept, to be given again. */
export function replay({ status, headers, body }: StoredAnswer): Answer {
  return { status, headers, ...(body !== undefined && { body: Buffer.from(body, 'base64') }) };
}

/**
 * What is said to every client, with what was kept for this one. A status that says more than
 * success, as 201 does, is that of the request.
 */
export function withKept(answer: Answer, kept: StoredAnswer | undefined): Answer {
  if (!kept) return answer;
  const { status, headers, body } = replay(kept);
  const isCreation = answer.status === 201;
  const told = status === 201 ? 200 : status;
  return {
    status: isCreation ? 201 : told,
    headers: { ...headers, ...answer.headers },
    ...(body !== undefined && { body }),
  };
}

/** The answer that was kept, as it was, with what is said to every client. */
export function asKept(answer: Answer, kept: StoredAnswer | undefined): Answer {
  if (!kept) return answer;
  const { headers, ...rest } = replay(kept);
  return { ...rest, headers: { ...headers, ...answer.headers } };
}

/** The same for a HEAD, which tells of the upload, and so says nothing of a body. */
export function withKeptHeaders(answer: Answer, kept: StoredAnswer | undefined): Answer {
  if (!kept) return answer;
  const { 'content-type': _type, etag: _etag, ...headers } = kept.headers;
  return { ...answer, headers: { ...headers, ...answer.headers } };
}
