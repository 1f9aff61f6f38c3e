import { Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';
import type { PartBody } from '../gathering/part-body.js';
import type { S3Address } from '../s3-state.js';
import { withRetries } from './retries.js';
import type { CopySource, PlaceTerms, RequestOptions } from './s3-requests.interface.js';
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

type CommandHandler = (args: never) => unknown;

/** What a command goes through on its way to the store. */
interface CommandStack {
  add(
    middleware: (next: CommandHandler, context: { logger?: unknown }) => CommandHandler,
    options: { readonly step: 'initialize' | 'deserialize'; readonly priority?: 'low' },
  ): void;
}

/** A command, as far as it is the same for all. */
export interface AnyCommand {
  readonly middlewareStack: object;
}

/** Throws once this process may send nothing more. */
export type RequestGuard = () => void;

/** The client warns on the console of each stream that it does not repeat; we repeat them. */
const QUIET = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };

/**
 * Sends requests, none of which may be silent for ever.
 *
 * The guard is asked when a request was signed and is about to leave. If it is frozen there, with its
 * process, it still arrives while its signature is valid, and not later; see `late-requests.ts`.
 */
export class RequestSender {
  /** @param guard none unless given */
  constructor(
    private readonly client: S3Client,
    private readonly guard: RequestGuard = () => undefined,
  ) {}

  /** @param silence milliseconds without an answer after which it has failed */
  async ask<T>(
    command: AnyCommand,
    send: (options: SendOptions) => Promise<T>,
    { signal, silence = SILENCE }: RequestOptions & { readonly silence?: number } = {},
  ): Promise<T> {
    const limit = new SilenceLimit(silence, signal);
    this.watch(command);
    try {
      return await send({ abortSignal: limit.signal });
    } catch (error) {
      throw this.reasonFor(error, limit);
    } finally {
      limit.stop();
    }
  }

  /**
   * Sends bytes: few at once, which the client repeats as it likes; else as a stream, which is made anew
   * for each attempt.
   */
  async sendBody<C extends AnyCommand, T>(
    body: PartBody,
    command: (content: RequestContent) => C,
    send: (command: C, options: SendOptions) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    const { piece, size } = body;
    if (piece) {
      const whole = command({ Body: piece, ContentLength: size });
      return this.ask(whole, (options) => send(whole, options), { signal });
    }
    const attempts = await this.client.config.maxAttempts();
    return withRetries(attempts, () => this.sendStream(body, command, send, signal), signal);
  }

  private async sendStream<C extends AnyCommand, T>(
    body: PartBody,
    command: (content: RequestContent) => C,
    send: (command: C, options: SendOptions) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    const limit = new SilenceLimit(SILENCE, signal);
    const stream = Readable.from(this.telling(body, limit), { objectMode: false });
    // The client waits for bytes that do not come.
    stream.on('error', (error) => limit.end(error));
    const streamed = command({ Body: stream, ContentLength: body.size });
    silence(streamed);
    this.watch(streamed);
    try {
      return await send(streamed, { abortSignal: limit.signal });
    } catch (error) {
      throw this.reasonFor(error, limit);
    } finally {
      limit.stop();
      stream.destroy();
    }
  }

  private async *telling(body: PartBody, limit: SilenceLimit): AsyncGenerator<Uint8Array> {
    for await (const chunk of body.read()) {
      this.guard();
      limit.refresh();
      yield chunk;
    }
  }

  private watch(command: AnyCommand): void {
    const watched = (next: CommandHandler) => (args: never) => {
      this.guard();
      return next(args);
    };
    // The last step before the bytes leave, at each attempt.
    stackOf(command).add(watched, { step: 'deserialize', priority: 'low' });
  }

  /** What goes wrong for a process that may send nothing more says nothing else. */
  private reasonFor(error: unknown, limit: SilenceLimit): unknown {
    this.guard();
    return limit.reasonFor(error);
  }
}

function silence(command: AnyCommand): void {
  stackOf(command).add(
    (next, context) => {
      context.logger = QUIET;
      return next;
    },
    { step: 'initialize' },
  );
}

/** The client's own types differ from command to command. */
function stackOf({ middlewareStack }: AnyCommand): CommandStack {
  return middlewareStack as CommandStack;
}

export function addressed({ bucket, key }: S3Address): { Bucket: string; Key: string } {
  return { Bucket: bucket, Key: key };
}

/** What an object may take the place of, as requests say it; stores do not agree on quotes, none will do. */
export function conditionsOf({ isNew, replaces }: PlaceTerms) {
  return {
    ...(isNew && { IfNoneMatch: '*' }),
    ...(replaces !== undefined && { IfMatch: unquoted(replaces) }),
  };
}

/** Stores do not agree on whether an ETag has quotes. */
export function unquoted(etag: string): string {
  return etag.replaceAll('"', '');
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
