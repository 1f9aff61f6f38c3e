import type { Answer } from './answer.js';
import type { Connection } from './connection.js';

const TUS = 'Tus-Resumable: 1.0.0';
const OCTETS = 'Content-Type: application/offset+octet-stream';
const METADATA = 'Upload-Metadata: filename aG9saWRheS5tcDQ=,filetype dmlkZW8vbXA0';

/** The head of a request as text. */
function head(method: string, path: string, lines: readonly string[]): string {
  return [`${method} ${path} HTTP/1.1`, 'Host: localhost', TUS, ...lines, '', ''].join('\r\n');
}

/** A creation without bytes. */
export function creation(length: number, further: readonly string[] = []): string {
  const lines = [`Upload-Length: ${length}`, METADATA, ...further, 'Content-Length: 0'];
  return head('POST', '/files', lines);
}

/** A whole upload over the IETF's protocol, which is told by a 104 where it may go on. */
export function ietfUpload(bytes: number): string {
  const lines = [
    'POST /files HTTP/1.1',
    'Host: localhost',
    'Upload-Complete: ?1',
    'Upload-Draft-Interop-Version: 8',
    'Content-Disposition: attachment; filename="holiday.mp4"',
    'Content-Type: video/mp4',
    `Content-Length: ${bytes}`,
  ];
  return [...lines, '', ''].join('\r\n');
}

/** A creation with the first bytes of an upload. */
export function creationWithUpload(length: number, bytes: number): string {
  const lines = [`Upload-Length: ${length}`, METADATA, OCTETS, `Content-Length: ${bytes}`];
  return head('POST', '/files', lines);
}

/** An append of some bytes at an offset. */
export function append(
  path: string,
  offset: number,
  bytes: number,
  further: readonly string[] = [],
): string {
  const lines = [OCTETS, `Upload-Offset: ${offset}`, ...further, `Content-Length: ${bytes}`];
  return head('PATCH', path, lines);
}

/** A final upload made of others. */
export function concatenation(paths: readonly string[]): string {
  return head('POST', '/files', [`Upload-Concat: final;${paths.join(' ')}`, 'Content-Length: 0']);
}

export function status(path: string): string {
  return head('HEAD', path, []);
}

export function termination(path: string): string {
  return head('DELETE', path, ['Content-Length: 0']);
}

/** Fails unless an answer is what it must be: a failure must not count as work done. */
export function assertAnswer(answer: Answer, expected: number, offset?: number): void {
  const told = answer.header('upload-offset');
  if (answer.status !== expected) {
    throw new Error(`A request was answered ${answer.status} instead of ${expected}.`);
  }
  if (offset !== undefined && told !== String(offset)) {
    throw new Error(`An answer told the offset ${told} instead of ${offset}.`);
  }
}

/** Path of the upload that a creation made; fails when it made none. */
export function createdPath(answer: Answer): string {
  assertAnswer(answer, 201);
  const location = answer.header('location');
  if (location === undefined) throw new Error('A creation told no Location.');
  return location.replace(/^(?:https?:)?\/\/[^/]+/, '');
}

/** Sends a body of equal pieces; resolves with the answer to the whole. */
export async function sendPieces(
  connection: Connection,
  requestHead: string,
  piece: Uint8Array,
  pieces: number,
  afterEach: () => Promise<unknown> = () => Promise.resolve(),
): Promise<Answer> {
  const answer = connection.answer();
  // Whoever fails first is the one to report, and that may be the sending.
  answer.catch(() => undefined);
  await connection.send(requestHead);
  for (let sent = 0; sent < pieces; sent++) {
    await connection.send(piece);
    await afterEach();
  }
  return answer;
}
