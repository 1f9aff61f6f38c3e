import type { HttpResponse } from './http-client.js';

/** The part of an answer that ordinary and raw ones have in common. */
type Answer = Pick<HttpResponse, 'status' | 'all'> & { readonly body: Buffer };

/** Expects a refusal as tus clients meet it: the status, the version, one line of plain text. */
export function expectRefused(response: Answer, status: number): void {
  expect(`${response.status} ${response.body.toString()}`).toMatch(
    new RegExp(`^${status} [^\\r\\n]+\\n?$`),
  );
  expect(response.all('Content-Type')).toEqual([expect.stringMatching(/^text\/plain\b/)]);
  expect(response.all('Tus-Resumable')).toEqual(['1.0.0']);
}

/** Expects a refusal of a HEAD request: the status and the version, and nothing of the upload. */
export function expectHeadRefused(response: Answer, status: number): void {
  expect(response.status).toBe(status);
  expect(response.all('Tus-Resumable')).toEqual(['1.0.0']);
  expect(response.all('Upload-Offset')).toEqual([]);
  expect(response.all('Upload-Length')).toEqual([]);
  expect(response.body).toHaveLength(0);
}

/** Elements of a comma-separated header, trimmed; none when it is absent. */
export function listOf(header: string | undefined): string[] {
  return (header ?? '')
    .split(',')
    .map((element) => element.trim())
    .filter((element) => element !== '');
}
