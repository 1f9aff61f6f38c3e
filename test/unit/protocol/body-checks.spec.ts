import {
  assertOffsetOctetStream,
  assertWithinMaxSize,
  assertWithinUpload,
} from '../../../lib/protocol/index.js';
import { refusal, refusedStatus } from './refusal.js';

describe('assertOffsetOctetStream', () => {
  it('lets upload bytes pass', () => {
    const headers = { 'content-type': ['application/offset+octet-stream'] };
    expect(() => assertOffsetOctetStream(headers)).not.toThrow();
  });

  it('answers 415 to a missing or other type and says which', () => {
    expect(refusal(() => assertOffsetOctetStream({}))).toMatchObject({
      status: 415,
      message: 'Content-Type is missing; it must be application/offset+octet-stream.',
    });
    const headers = { 'content-type': ['text/plain'] };
    expect(refusal(() => assertOffsetOctetStream(headers))).toMatchObject({
      status: 415,
      message: 'Content-Type must be application/offset+octet-stream, not "text/plain".',
    });
  });
});

describe('the size limits', () => {
  it('let the last byte pass and refuse the next with 413', () => {
    expect(() => assertWithinMaxSize('Upload-Length', 10, 10)).not.toThrow();
    expect(() => assertWithinMaxSize('Upload-Length', Number.MAX_SAFE_INTEGER)).not.toThrow();
    expect(refusedStatus(() => assertWithinMaxSize('Upload-Length', 11, 10))).toBe(413);
    expect(refusedStatus(() => assertWithinMaxSize('Upload-Length', 1, 0))).toBe(413);
    expect(() => assertWithinUpload(10, 10)).not.toThrow();
    expect(refusedStatus(() => assertWithinUpload(11, 10))).toBe(413);
  });
});
