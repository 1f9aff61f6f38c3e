import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Agent } from 'node:http';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import * as tus from 'tus-js-client';
import type { UploadOptions } from 'tus-js-client';
import type { HttpTarget, SeededContent } from '../support/index.js';

/** What the client did in the course of one upload. */
export interface Sent {
  readonly url: string;
  readonly id: string;
  /** Methods of all requests, in order. */
  readonly requests: readonly string[];
  /** The answer to the last one. */
  readonly answer: tus.HttpResponse;
}

/** Its types leave out which protocol it speaks. */
export interface ClientOptions extends UploadOptions {
  readonly protocol?: 'tus-v1' | 'ietf-draft-03' | 'ietf-draft-05';
}

/** The client's upload, as a promise. */
export class ClientUpload {
  readonly upload: tus.Upload;
  readonly requests: string[] = [];
  readonly done: Promise<Sent>;

  private readonly agent = new Agent({ keepAlive: true });

  constructor(target: HttpTarget, input: Readable, options: ClientOptions) {
    let succeed: (sent: Sent) => void;
    let fail: (error: Error) => void;
    this.done = new Promise<Sent>(
      (resolve, reject) => ([succeed, fail] = [resolve, reject]),
    ).finally(() => this.agent.destroy());
    this.upload = new tus.Upload(input as unknown as Buffer, {
      endpoint: `http://${target.host}:${target.port}/files`,
      metadata: { filename: 'source.bin' },
      retryDelays: [0, 10, 100],
      httpStack: new tus.DefaultHttpStack({ agent: this.agent }),
      ...options,
      onBeforeRequest: async (request) => {
        this.requests.push(request.getMethod());
        await options.onBeforeRequest?.(request);
      },
      onSuccess: ({ lastResponse }) => succeed(this.sent(lastResponse)),
      onError: (error) => fail(error),
    });
  }

  start(): this {
    this.upload.start();
    return this;
  }

  /** Stops it for good, as closing the page does. */
  async abort(shouldTerminate = false): Promise<void> {
    await this.upload.abort(shouldTerminate);
    this.agent.destroy();
  }

  private sent(answer: tus.HttpResponse): Sent {
    const url = this.upload.url ?? '';
    return { url, id: idOf(url), requests: this.requests, answer };
  }
}

/** The id at the end of an upload's URL. */
export function idOf(url: string): string {
  return url.slice(url.lastIndexOf('/') + 1);
}

/** Starts or resumes an upload and breaks it off once so many bytes of the file were handed out. */
export async function sendUntil(
  target: HttpTarget,
  content: SeededContent,
  cut: number,
  options: ClientOptions,
  offsets: number[] = [],
): Promise<string> {
  let stop = (): void => undefined;
  const stopped = new Promise<void>((resolve) => (stop = resolve));
  const client = new ClientUpload(target, content.stream(), {
    ...options,
    fileReader: { openFile: async () => cuttingSource(content, cut, stop) },
    onAfterResponse: (request, response) => {
      if (request.getMethod() === 'HEAD') offsets.push(Number(response.getHeader('Upload-Offset')));
    },
  }).start();
  await Promise.race([stopped, client.done]);
  await client.abort();
  return client.upload.url!;
}

/** The content as a source for the client that says when a position was reached. */
function cuttingSource(content: SeededContent, cut: number, reached: () => void): tus.FileSource {
  return {
    size: content.length,
    slice: async (start, end) => {
      const last = Math.min(end, content.length);
      const value = content.stream(start, last);
      let position = start;
      value.on('data', (piece: Buffer) => {
        position += piece.length;
        if (position > cut) reached();
      });
      value.pause();
      return { value: Object.assign(value, { size: last - start }), done: last === content.length };
    },
    close: () => undefined,
  };
}

/** SHA-256 of a file, in hexadecimal digits. */
export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
