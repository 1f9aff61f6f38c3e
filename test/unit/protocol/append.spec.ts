import { ALL_EXTENSIONS, parseAppend } from '../../../lib/protocol/index.js';
import type { AppendRequest, CreationRules } from '../../../lib/protocol/index.js';
import { BAD_INTEGERS, refusal, refusedStatus } from './refusal.js';

const OCTETS = 'application/offset+octet-stream';

type Sent = Record<string, string | string[] | undefined>;

function append(sent: Sent, rules: Partial<CreationRules> = {}): AppendRequest {
  const all = { 'content-type': OCTETS, 'upload-offset': '0', ...sent };
  const headers = Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, [value].flat()]],
    ),
  );
  return parseAppend(headers, { extensions: new Set(ALL_EXTENSIONS), ...rules });
}

describe('parseAppend', () => {
  it('reads offset and length', () => {
    expect(append({ 'upload-offset': '5' })).toEqual({ offset: 5 });
    expect(append({ 'upload-offset': '5', 'upload-length': '10' })).toEqual({
      offset: 5,
      length: 10,
    });
    expect(append({ 'content-type': 'APPLICATION/offset+octet-stream; a=b' })).toEqual({
      offset: 0,
    });
  });

  it.each([undefined, '', 'application/octet-stream'])(
    'answers 415 to the type %j, before any other refusal',
    (contentType) => {
      const sent = { 'content-type': contentType, 'upload-offset': 'x', 'upload-length': 'x' };
      expect(refusedStatus(() => append(sent))).toBe(415);
    },
  );

  it.each([undefined, ['0', '0'], ['0', '5'], '9007199254740992', ...BAD_INTEGERS])(
    'answers 400 to the offset %j',
    (offset) => {
      expect(refusedStatus(() => append({ 'upload-offset': offset }))).toBe(400);
    },
  );

  it.each([['5', '5'], '9007199254740992', ...BAD_INTEGERS])(
    'answers 400 to the length %j',
    (length) => {
      expect(refusedStatus(() => append({ 'upload-length': length }))).toBe(400);
    },
  );

  it('answers 413 to a length too large to be counted where there is a limit', () => {
    expect(
      refusedStatus(() => append({ 'upload-length': '9007199254740992' }, { maxSize: 10 })),
    ).toBe(413);
  });

  it('leaves it to the check against the upload to compare the length with the limit', () => {
    expect(append({ 'upload-length': '11' }, { maxSize: 10 })).toEqual({ offset: 0, length: 11 });
  });

  it('reads a checksum, and that the trailer will bring one', () => {
    expect(append({ 'upload-checksum': 'crc32 DUoRhQ==' })).toEqual({
      offset: 0,
      checksum: { algorithm: 'crc32', digest: Buffer.from('0d4a1185', 'hex') },
    });
    expect(append({ trailer: 'Upload-Checksum' })).toEqual({ offset: 0, checksum: 'in-trailer' });
  });

  it('answers 400 to a checksum where it is not offered', () => {
    const rules = { extensions: new Set(['creation'] as const) };
    const call = () => append({ 'upload-checksum': 'crc32 DUoRhQ==' }, rules);
    expect(refusal(call)).toMatchObject({
      status: 400,
      message: expect.stringContaining('Upload-Checksum'),
    });
  });
});
