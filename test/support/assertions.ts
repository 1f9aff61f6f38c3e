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

/** Where the names of problem types are registered. */
const PROBLEM_TYPES = 'https://iana.org/assignments/http-problem-types#';

/** A problem as RFC 9457 tells it. */
export interface Problem {
  readonly type?: string;
  readonly title?: string;
  readonly status?: number;
  readonly detail?: string;
  readonly [member: string]: unknown;
}

/**
 * Expects a refusal as clients of the IETF's protocol meet it: the status, a problem, no word of tus.
 *
 * @param type of the problem; one that its status tells unless given
 */
export function expectProblem(response: Answer, status: number, type?: string): Problem {
  const text = response.body.toString();
  expect(`${response.status} ${text}`).toMatch(new RegExp(`^${status} \\{`));
  expect(response.all('Content-Type')).toEqual([
    expect.stringMatching(/^application\/problem\+json\b/),
  ]);
  expect(response.all('Tus-Resumable')).toEqual([]);
  const problem = JSON.parse(text) as Problem;
  expect(problem.type ?? 'about:blank').toBe(type ? PROBLEM_TYPES + type : 'about:blank');
  expect(problem.status ?? status).toBe(status);
  return problem;
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
