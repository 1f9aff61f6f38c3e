import type { Socket } from 'node:net';

/** What one process asks another. */
export interface Question {
  /** Tells the questions of one connection apart. */
  readonly number: number;
  /** Identity of the process that asks. */
  readonly from: string;
  readonly topic: string;
  readonly body: string;
}

/** The answer to a question, or why there is none. */
export interface Answer {
  readonly number: number;
  readonly body?: string;
  readonly error?: string;
}

/** Sends a message as one line of JSON; nothing happens when the connection is closed. */
export function send(socket: Socket, message: Question | Answer): void {
  if (socket.writable) socket.write(`${JSON.stringify(message)}\n`);
}

/** Calls with every message that comes; a connection that brings anything else is dropped. */
export function onMessage<T extends Question | Answer>(
  socket: Socket,
  take: (message: T) => void,
): void {
  let rest = '';
  socket.setEncoding('utf8');
  socket.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const message = parse(line);
      if (message === undefined) socket.destroy();
      else take(message as T);
    }
  });
}

function parse(line: string): unknown {
  try {
    const message: unknown = JSON.parse(line);
    return typeof message === 'object' && message !== null ? message : undefined;
  } catch {
    return undefined;
  }
}
