import { STATUS_CODES } from 'node:http';

/** An answer before a platform has it. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** One line of plain text. */
  readonly body?: string;
}

/** A refusal as an answer: its message is the line of text the client gets. */
export function answerOf(refusal: {
  readonly status: number;
  readonly message: string;
  readonly headers: Readonly<Record<string, string>>;
}): Answer {
  const { status, headers, message } = refusal;
  return {
    status,
    headers: { ...headers, 'Content-Type': 'text/plain; charset=utf-8' },
    body: `${message || STATUS_CODES[status]}\n`,
  };
}
