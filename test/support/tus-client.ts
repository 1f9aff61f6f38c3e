import { request } from './http-client.js';
import type { HeaderValues, HttpResponse, HttpTarget, RequestBody } from './http-client.js';

/** The header every tus request needs. */
export const TUS = { 'Tus-Resumable': '1.0.0' } as const;

/** Media type of a PATCH, and of a POST with bytes. */
export const OCTETS = 'application/offset+octet-stream';

/** An upload a test has made. */
export interface CreatedUpload {
  readonly id: string;
  /** `Location` as it came. */
  readonly location: string;
  /** Path part of `Location`: what later requests ask for. */
  readonly path: string;
  /** The answer to the creation. */
  readonly response: HttpResponse;
}

export interface CreateOptions {
  /** Bytes the upload will have; left out, the length is deferred. */
  readonly length?: number;
  /** Texts by key, or the header's value as it stands. */
  readonly metadata?: Readonly<Record<string, string>> | string;
  /** First bytes, sent with the creation. */
  readonly body?: RequestBody;
  /** Further headers; `undefined` leaves a usual one out. */
  readonly headers?: HeaderValues;
  /** Creation URL, `/files` unless told. */
  readonly path?: string;
}

export interface PatchOptions {
  /** 0 unless told. */
  readonly offset?: number | string;
  readonly body?: RequestBody;
  /** Further headers; `undefined` leaves a usual one out. */
  readonly headers?: HeaderValues;
  /** Further text behind the upload's path, such as `?token=1`. */
  readonly suffix?: string;
}

/** Encodes texts as the value of an `Upload-Metadata` header. */
export function encodeMetadata(metadata: Readonly<Record<string, string>>): string {
  return Object.entries(metadata)
    .map(([key, value]) => `${key} ${Buffer.from(value).toString('base64')}`)
    .join(',');
}

/** Asks for a new upload, whatever the answer. */
export function post(target: HttpTarget, options: CreateOptions = {}): Promise<HttpResponse> {
  const { length, metadata, body, headers, path = '/files' } = options;
  const encoded = typeof metadata === 'object' ? encodeMetadata(metadata) : metadata;
  return request(target, {
    method: 'POST',
    path,
    headers: {
      ...TUS,
      ...(length === undefined
        ? { 'Upload-Defer-Length': '1' }
        : { 'Upload-Length': String(length) }),
      ...(encoded !== undefined && { 'Upload-Metadata': encoded }),
      ...(body !== undefined && { 'Content-Type': OCTETS }),
      ...headers,
    },
    body,
  });
}

/** Makes an upload; fails unless the answer is 201 with a `Location`. */
export async function create(
  target: HttpTarget,
  options: CreateOptions = {},
): Promise<CreatedUpload> {
  return createdBy(await post(target, options));
}

/** The upload that an answer is about; fails unless it is 201 with a `Location`. */
export function createdBy(response: HttpResponse): CreatedUpload {
  const { location } = response.headers;
  if (response.status !== 201 || location === undefined) {
    throw new Error(`Creation was answered ${response.status}: ${response.text}`);
  }
  const path = new URL(location, 'http://server').pathname;
  return { id: path.slice(path.lastIndexOf('/') + 1), location, path, response };
}

/** Makes an upload and sends all its bytes. */
export async function uploadWhole(target: HttpTarget, content: string): Promise<CreatedUpload> {
  const upload = await create(target, { length: Buffer.byteLength(content) });
  const response = await patch(target, upload, { body: content });
  if (response.status !== 204) {
    throw new Error(`The bytes were answered ${response.status}: ${response.text}`);
  }
  return upload;
}

/** Asks how far an upload is. */
export function head(
  target: HttpTarget,
  upload: Pick<CreatedUpload, 'path'>,
  headers: HeaderValues = {},
): Promise<HttpResponse> {
  return request(target, { method: 'HEAD', path: upload.path, headers: { ...TUS, ...headers } });
}

/** Offset a HEAD reports; fails unless the answer is 200. */
export async function offsetOf(
  target: HttpTarget,
  upload: Pick<CreatedUpload, 'path'>,
): Promise<number> {
  const response = await head(target, upload);
  if (response.status !== 200) {
    throw new Error(`HEAD was answered ${response.status}`);
  }
  return Number(response.headers['upload-offset']);
}

/** Sends bytes to an upload, whatever the answer. */
export function patch(
  target: HttpTarget,
  upload: Pick<CreatedUpload, 'path'>,
  { offset = 0, body, headers, suffix = '' }: PatchOptions = {},
): Promise<HttpResponse> {
  return request(target, {
    method: 'PATCH',
    path: upload.path + suffix,
    headers: { ...TUS, 'Content-Type': OCTETS, 'Upload-Offset': String(offset), ...headers },
    body,
  });
}

/** Terminates an upload, whatever the answer. */
export function terminate(
  target: HttpTarget,
  upload: Pick<CreatedUpload, 'path'>,
  headers: HeaderValues = {},
): Promise<HttpResponse> {
  return request(target, { method: 'DELETE', path: upload.path, headers: { ...TUS, ...headers } });
}
