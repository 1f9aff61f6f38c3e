import { request } from './http-client.js';
import type { HeaderValues, HttpResponse, HttpTarget, RequestBody } from './http-client.js';
import { createdBy } from './tus-client.js';
import type { CreatedUpload } from './tus-client.js';

/** Media type of an append. */
export const PARTIAL = 'application/partial-upload';

/** The interop versions that are served unless told otherwise. */
export const VERSIONS = [6, 8, 9, 10] as const;

/** The version that tests speak where it does not matter. */
export const VERSION = 8;

/** The path of an upload, as an answer or a test knows it. */
type UploadPath = Pick<CreatedUpload, 'path'>;

/** What creations and appends have in common. */
export interface BodyOptions {
  /** Interop version, 8 unless told. */
  readonly version?: number;
  /** Whether the upload is complete with this body, as it is unless told. */
  readonly complete?: boolean;
  /** `Upload-Length`, left out unless told. */
  readonly length?: number;
  readonly body?: RequestBody;
  /** Further headers; `undefined` leaves a usual one out. */
  readonly headers?: HeaderValues;
}

export interface CreationOptions extends BodyOptions {
  /** `/files` unless told. */
  readonly path?: string;
  /** `POST` unless told. */
  readonly method?: string;
}

export interface AppendOptions extends BodyOptions {
  /** 0 unless told. */
  readonly offset?: number;
}

/** The headers that tell an upload's state, beside its offset. */
export function stateHeaders(options: BodyOptions = {}): Record<string, string> {
  const { version = VERSION, complete = true, length } = options;
  return {
    'Upload-Draft-Interop-Version': String(version),
    ...completeness(version, complete),
    ...(length !== undefined && { 'Upload-Length': String(length) }),
  };
}

/** Version 3 asks whether the upload is incomplete. */
function completeness(version: number, complete: boolean): Record<string, string> {
  return version < 5
    ? { 'Upload-Incomplete': complete ? '?0' : '?1' }
    : { 'Upload-Complete': complete ? '?1' : '?0' };
}

/** The headers of an append. */
export function appendHeaders(options: AppendOptions = {}): Record<string, string> {
  const { version = VERSION, offset = 0 } = options;
  return {
    ...stateHeaders(options),
    'Upload-Offset': String(offset),
    ...(version >= 6 && { 'Content-Type': PARTIAL }),
  };
}

/** Headers as the lines of a raw request. */
export function linesOf(headers: Readonly<Record<string, string>>): string[] {
  return Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
}

/** Asks for a new upload, whatever the answer. */
export function sendCreation(
  target: HttpTarget,
  options: CreationOptions = {},
): Promise<HttpResponse> {
  const { path = '/files', method = 'POST', body = '', headers } = options;
  const all = { ...stateHeaders(options), ...headers };
  return request(target, { method, path, headers: all, body });
}

/** Makes an upload that is not complete; fails unless the answer is 201 with a `Location`. */
export async function createResumable(
  target: HttpTarget,
  options: CreationOptions = {},
): Promise<CreatedUpload> {
  return createdBy(await sendCreation(target, { complete: false, ...options }));
}

/** Sends bytes to an upload, whatever the answer. */
export function append(
  target: HttpTarget,
  { path }: UploadPath,
  options: AppendOptions = {},
): Promise<HttpResponse> {
  const { body = '', headers } = options;
  const all = { ...appendHeaders(options), ...headers };
  return request(target, { method: 'PATCH', path, headers: all, body });
}

/** Asks how far an upload is, whatever the answer. */
export function retrieveOffset(
  target: HttpTarget,
  { path }: UploadPath,
  headers?: HeaderValues,
): Promise<HttpResponse> {
  return request(target, { method: 'HEAD', path, headers });
}

/** What an upload is told to be: its offset, and whether it is complete (`?1`). */
export async function standingOf(
  target: HttpTarget,
  upload: UploadPath,
): Promise<readonly [offset: string | undefined, complete: string | undefined]> {
  const { status, headers } = await retrieveOffset(target, upload);
  if (status !== 204) throw new Error(`HEAD was answered ${status}`);
  return [headers['upload-offset'] as string, headers['upload-complete'] as string];
}

/** Cancels an upload, whatever the answer. */
export function cancel(
  target: HttpTarget,
  { path }: UploadPath,
  headers?: HeaderValues,
): Promise<HttpResponse> {
  return request(target, { method: 'DELETE', path, headers });
}

/** The upload whose `Location` an interim or final answer has. */
export function uploadAt(location: string | undefined): UploadPath & { readonly id: string } {
  if (location === undefined) throw new Error('There is no Location.');
  const path = new URL(location, 'http://server').pathname;
  return { path, id: path.slice(path.lastIndexOf('/') + 1) };
}

/** The limits of an answer, by name; fails where they are no dictionary of integers. */
export function limitsOf(header: string | string[] | undefined): Record<string, number> {
  const members = String(header).split(', ');
  return Object.fromEntries(
    members.map((member) => {
      const [, name, value] = /^([a-z-]+)=(\d{1,15})$/.exec(member) ?? [];
      if (name === undefined) throw new Error(`Not a limit: ${member}`);
      return [name, Number(value)];
    }),
  );
}
