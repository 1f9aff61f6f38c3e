import { Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';
import type { PartBody } from '../gathering/part-body.js';
import type { S3Address } from '../s3-state.js';
import { withRetries } from './retries.js';
import type { CopySource, RequestOptions } from './s3-requests.interface.js';
import { SILENCE, SilenceLimit } from './silence-limit.js';

/** What the client is sent a command with. */
export interface SendOptions {
  readonly abortSignal: AbortSignal;
}

/** The bytes of a request, as the client takes them. */
export interface RequestContent {
  readonly Body: Uint8Array | Readable;
  readonly ContentLength: number;
}

/** A command whose log lines can be turned off. */
interface LoggedCommand {
  readonly middlewareStack: {
    add(
      middleware: (next: (args: never) => unknown, context: { logger?: unknown }) => never,
      options: { readonly step: 'initialize' },
    ): void;
  };
}

/** The client warns on the console of each stream that it does not repeat; we repeat them. */
const QUIET = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };

/** Sends requests, none of which may be silent for ever. */
export class RequestSender {
  constructor(private readonly client: S3Client) {}

  /** @param silence milliseconds without an answer after which it has failed */
  async ask<T>(
    send: (options: SendOptions) => Promise<T>,
    { signal, silence = SILENCE }: RequestOptions & { readonly silence?: number } = {},
  ): Promise<T> {
    const limit = new SilenceLimit(silence, signal);
    try {
      return await send({ abortSignal: limit.signal });
    } catch (error) {
      throw limit.reasonFor(error);
    } finally {
      limit.stop();
    }
  }

  /**
   * Sends bytes: few at once, which the client repeats as it likes; else as a stream, which is made anew
   * for each attempt.
   */
  async sendBody<C extends object, T>(
    body: PartBody,
    command: (content: RequestContent) => C,
    send: (command: C, options: SendOptions) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    const { piece, size } = body;
    if (piece) {
      const whole = command({ Body: piece, ContentLength: size });
      return this.ask((options) => send(whole, options), { signal });
    }
    const attempts = await this.client.config.maxAttempts();
    return withRetries(attempts, () => this.sendStream(body, command, send, signal), signal);
  }

  private async sendStream<C extends object, T>(
    body: PartBody,
    command: (content: RequestContent) => C,
    send: (command: C, options: SendOptions) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    const limit = new SilenceLimit(SILENCE, signal);
    const stream = Readable.from(telling(body, limit), { objectMode: false });
    const streamed = command({ Body: stream, ContentLength: body.size });
    silence(streamed as unknown as LoggedCommand);
    try {
      return await send(streamed, { abortSignal: limit.signal });
    } catch (error) {
      throw limit.reasonFor(error);
    } finally {
      limit.stop();
      stream.destroy();
    }
  }
}

async function* telling(body: PartBody, limit: SilenceLimit): AsyncGenerator<Uint8Array> {
  for await (const chunk of body.read()) {
    limit.refresh();
    yield chunk;
  }
}

function silence(command: LoggedCommand): void {
  command.middlewareStack.add(
    (next, context) => {
      context.logger = QUIET;
      return next as never;
    },
    { step: 'initialize' },
  );
}

export function addressed({ bucket, key }: S3Address): { Bucket: string; Key: string } {
  return { Bucket: bucket, Key: key };
}

/** A source, as copying requests name it (S3 API, `x-amz-copy-source`: URL-encoded). */
export function copyOf({ bucket, key, etag, range }: CopySource) {
  const path = key.split('/').map(encodeURIComponent).join('/');
  return {
    CopySource: `${bucket}/${path}`,
    ...(etag !== undefined && { CopySourceIfMatch: etag }),
    ...(range && { CopySourceRange: `bytes=${range.start}-${range.end}` }),
  };
}
