import type { INestApplication } from '@nestjs/common';
import type { AddressInfo, Server } from 'node:net';
import { encodeMetadata } from '../protocol/index.js';

/**
 * How `sendUpload()` sends.
 *
 * @publicApi
 */
export interface TestUploadOptions {
  /** What the client says of its upload, such as `{ filename: 'cat.png', filetype: 'image/png' }`. */
  metadata?: Readonly<Record<string, string>>;

  /** Headers of all requests, such as `{ authorization: 'Bearer …' }`. */
  headers?: Readonly<Record<string, string>>;

  /**
   * Most bytes of a request.
   *
   * @default all in one
   */
  chunkSize?: number;
}

/**
 * An upload that was taken whole.
 *
 * @publicApi
 */
export interface SentUpload {
  /** The last part of its URL. */
  readonly id: string;

  /** Absolute URL. */
  readonly url: string;

  /** The answer to the last request: of a `@TusEndpoint()` method, what that returned. */
  readonly status: number;
  /** Headers of that answer. */
  readonly headers: Headers;
  /** Body of that answer, as text. */
  readonly body: string;
}

/**
 * Says that a request of `sendUpload()` was refused.
 *
 * @publicApi
 */
export class TestUploadError extends Error {
  constructor(
    request: string,
    /** Status of the answer. */
    readonly status: number,
    /** Body of the answer, as text. */
    readonly body: string,
  ) {
    super(`${request} was answered with ${status}: ${body}`);
    this.name = 'TestUploadError';
  }
}

/**
 * Uploads to an app as a tus client does: a POST, then the bytes by PATCH. An app that does not listen
 * yet is made to, on a free port.
 *
 * @param path the upload path, or that of an endpoint, with the app's prefix
 * @throws TestUploadError when a request is refused
 * @publicApi
 */
export async function sendUpload(
  app: INestApplication,
  path: string,
  content: string | Uint8Array,
  { metadata = {}, headers = {}, chunkSize = Infinity }: TestUploadOptions = {},
): Promise<SentUpload> {
  const bytes = Buffer.from(content);
  const encoded = encodeMetadata(metadata);
  const created = await send(new URL(path, await urlOf(app)), 'POST', {
    ...headers,
    'Upload-Length': String(bytes.length),
    ...(encoded !== undefined && { 'Upload-Metadata': encoded }),
  });
  const url = new URL(created.headers.get('location') ?? '', created.url);
  let last = created;
  for (let offset = 0; offset < bytes.length; offset += chunkSize) {
    const types = { 'Content-Type': 'application/offset+octet-stream' };
    const head = { ...headers, ...types, 'Upload-Offset': String(offset) };
    last = await send(url, 'PATCH', head, bytes.subarray(offset, offset + chunkSize));
  }
  return {
    id: url.pathname.slice(url.pathname.lastIndexOf('/') + 1),
    url: url.href,
    status: last.status,
    headers: last.headers,
    body: await last.text(),
  };
}

async function send(
  url: URL,
  method: string,
  headers: Record<string, string>,
  body?: Uint8Array<ArrayBuffer>,
): Promise<Response> {
  const sent = { 'Tus-Resumable': '1.0.0', ...headers };
  const response = await fetch(url, { method, headers: sent, body });
  if (response.ok) return response;
  throw new TestUploadError(`${method} ${url.pathname}`, response.status, await response.text());
}

async function urlOf(app: INestApplication): Promise<string> {
  const server = app.getHttpServer() as Server;
  if (!server.listening) await app.listen(0, '127.0.0.1');
  const { address, family, port } = server.address() as AddressInfo;
  const isAny = address === '::' || address === '0.0.0.0';
  const host = isAny ? '127.0.0.1' : family === 'IPv6' ? `[${address}]` : address;
  return `http://${host}:${port}`;
}
