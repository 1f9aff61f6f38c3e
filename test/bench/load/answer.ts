/** One answer, as far as a load has to look at it. */
export class Answer {
  constructor(
    readonly status: number,
    private readonly head: string,
  ) {}

  /** Value of a header; the name in lower case. */
  header(name: string): string | undefined {
    const lower = this.head.toLowerCase();
    const at = lower.indexOf(`\r\n${name}:`);
    if (at < 0) return undefined;
    const start = at + name.length + 3;
    const end = this.head.indexOf('\r\n', start);
    return this.head.slice(start, end < 0 ? undefined : end).trim();
  }
}

/** An answer and how many characters it took. */
export interface Parsed {
  readonly answer: Answer;
  readonly length: number;
}

const LAST_CHUNK = '0\r\n\r\n';

/** How an answer begins that is not the last one to its request. */
const INTERIM = 'HTTP/1.1 1';

/**
 * Reads the answer at the beginning of a text, which has a character for each byte.
 *
 * @param toHead the answer is one to HEAD, and has no body
 * @returns `undefined` as long as it is not complete
 */
export function parseAnswer(text: string, toHead: boolean): Parsed | undefined {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  if (text.startsWith(INTERIM)) return parseNext(text, headEnd + 4, toHead);
  const status = Number(text.slice(9, 12));
  const answer = new Answer(status, text.slice(0, headEnd));
  const length = lengthOf(text, headEnd + 4, answer, toHead);
  return length === undefined || length > text.length ? undefined : { answer, length };
}

function parseNext(text: string, start: number, toHead: boolean): Parsed | undefined {
  const parsed = parseAnswer(text.slice(start), toHead);
  return parsed && { answer: parsed.answer, length: start + parsed.length };
}

function lengthOf(
  text: string,
  bodyStart: number,
  answer: Answer,
  toHead: boolean,
): number | undefined {
  if (toHead || answer.status === 204 || answer.status === 304) return bodyStart;
  const length = answer.header('content-length');
  if (length !== undefined) return bodyStart + Number(length);
  // Chunks of the short texts that come here hold no such line themselves.
  const end = text.indexOf(LAST_CHUNK, bodyStart);
  return end < 0 ? undefined : end + LAST_CHUNK.length;
}
