import { get } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import type { HttpTarget } from './http-client.js';

/** What a route with `@Sse()` sends, event by event. */
export class SseStream {
  private constructor(private readonly response: IncomingMessage) {}

  static async open({ host, port }: HttpTarget, path: string): Promise<SseStream> {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      get({ host, port, path, agent: false }, resolve).on('error', reject);
    });
    return new SseStream(response);
  }

  /** Name (`message` unless the event has one) and parsed data of each event, until the server ends. */
  async *events<T>(): AsyncGenerator<{ readonly type: string; readonly data: T }> {
    let type = 'message';
    for await (const line of createInterface({ input: this.response })) {
      if (line === '') type = 'message';
      if (line.startsWith('event: ')) type = line.slice('event: '.length);
      if (line.startsWith('data: ')) yield { type, data: parse<T>(line.slice('data: '.length)) };
    }
  }
}

/** Nest sends texts as they are, objects as JSON. */
function parse<T>(data: string): T {
  try {
    return JSON.parse(data) as T;
  } catch {
    return data as T;
  }
}
