import { toIetfException } from '../../../../lib/http/response/ietf-statuses.js';
import { TusException } from '../../../../lib/http/response/tus.exception.js';
import { ProblemError, ProtocolError } from '../../../../lib/protocol/index.js';
import {
  ChecksumMismatchError,
  CompletedUploadError,
  LengthMismatchError,
  OffsetMismatchError,
  PastLengthError,
  UploadBusyError,
  UploadNotFoundError,
} from '../../../../lib/uploads/index.js';

const TYPES = 'https://iana.org/assignments/http-problem-types#';

function toldOf(error: unknown) {
  const { status, headers, body } = toIetfException(error)!.toAnswer();
  const problem = JSON.parse(body) as Record<string, unknown>;
  expect(headers['Content-Type']).toBe('application/problem+json');
  expect(problem.status).toBe(status);
  return { status, headers, problem };
}

describe('toIetfException', () => {
  it('tells both offsets where they differ', () => {
    const { status, headers, problem } = toldOf(new OffsetMismatchError(3, 5));
    expect(status).toBe(409);
    expect(headers['Upload-Offset']).toBe('5');
    expect(problem).toMatchObject({
      type: `${TYPES}mismatching-upload-offset`,
      title: 'offset from request does not match offset of resource',
      'expected-offset': 5,
      'provided-offset': 3,
    });
  });

  it.each([
    [new LengthMismatchError('no'), 'inconsistent-upload-length'],
    [new PastLengthError('no'), 'inconsistent-upload-length'],
    [new CompletedUploadError(), 'completed-upload'],
    [new ChecksumMismatchError('sha256'), 'digest-mismatched-values'],
  ])('answers 400 with a type of its own to %s', (error, type) => {
    const { status, problem } = toldOf(error);
    expect(status).toBe(400);
    expect(problem).toMatchObject({ type: TYPES + type, detail: error.message });
  });

  it('says of all else what tus does, with the words of the status', () => {
    expect(toldOf(new UploadNotFoundError('x'))).toMatchObject({
      status: 404,
      problem: { type: 'about:blank', title: 'Not Found' },
    });
    expect(toldOf(new UploadBusyError('x')).headers['Retry-After']).toBe('1');
    expect(toldOf(new ProtocolError(405, 'no', { Allow: 'POST' })).headers.Allow).toBe('POST');
    expect(toldOf(new TusException(423, 'no')).status).toBe(423);
  });

  it('keeps the problem of what breaks a rule', () => {
    const { problem } = toldOf(new ProblemError(400, 'no', { type: 'about:x', title: 'X' }));
    expect(problem).toEqual({ type: 'about:x', title: 'X', status: 400, detail: 'no' });
  });

  it('knows no unexpected error', () => {
    expect(toIetfException(new Error('x'))).toBeUndefined();
  });
});
