import type { StoredAnswer, UploadRecord } from '../../registry/index.js';

/** Most bytes that are remembered of each text a client has sent. */
const LONGEST_TEXT = 512;

/** Most bytes of a stored answer that are remembered of a refused upload. */
const LONGEST_ANSWER = 1024;

/**
 * What is remembered of an upload that came to nothing: what its client may be told, and by whom it
 * may be asked for.
 */
export function rememberEnded(record: UploadRecord): UploadRecord {
  const { id, state, length, owner, endpoint, binding, stored, hash } = record;
  const { protocol, kind, concat, createdAt, endedAt, dueAt, answer } = record;
  return {
    id,
    state,
    length,
    protocol,
    kind,
    concat: isBrief(concat) ? concat : undefined,
    owner,
    endpoint,
    binding,
    stored,
    createdAt,
    endedAt,
    hash,
    answer: answer && briefAnswer(answer),
    dueAt,
  };
}

/**
 * What is remembered of a finished upload whose file has gone: that it is complete, and all of its
 * last answer, so that its client never sends the file again.
 */
export function rememberFinished(record: UploadRecord): UploadRecord {
  const { metadata, concat, query: _query, addedHeaders: _addedHeaders, ...rest } = record;
  return {
    ...rest,
    metadata: isBrief(metadata) ? metadata : undefined,
    concat: isBrief(concat) ? concat : undefined,
  };
}

/** Clients need the status; the words are for people, so they may go. */
function briefAnswer(answer: StoredAnswer): StoredAnswer {
  const withoutBody = { ...answer, body: undefined };
  const { status } = answer;
  const isShort = (told: StoredAnswer) => JSON.stringify(told).length <= LONGEST_ANSWER;
  return [answer, withoutBody].find(isShort) ?? { status, headers: {} };
}

function isBrief(text = ''): boolean {
  return Buffer.byteLength(text) <= LONGEST_TEXT;
}
