import { ALL_EXTENSIONS, assertAppendable, parseAppend } from '../../../lib/protocol/index.js';
import type { AppendRequest, BodyInfo, CreationRules } from '../../../lib/protocol/index.js';
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

function body(length?: number): BodyInfo {
  return length === undefined ? { present: true } : { present: length > 0, length };
}

describe('assertAppendable', () => {
  describe('to an upload of known length', () => {
    const upload = { offset: 5, length: 10 };

    it.each([0, 1, 5])('lets %d bytes pass where five are left', (length) => {
      expect(assertAppendable({ offset: 5 }, body(length), upload)).toBe(10);
    });

    it('lets a body of unknown length pass', () => {
      expect(assertAppendable({ offset: 5 }, body(), upload)).toBe(10);
    });

    it.each([0, 4, 6, 10])('answers 409 with the right offset to %d', (offset) => {
      const error = refusal(() => assertAppendable({ offset }, body(1), upload));
      expect(error.status).toBe(409);
      expect(error.headers).toEqual({ 'Upload-Offset': '5' });
    });

    it('answers 409 before 400 and 413', () => {
      const request = { offset: 4, length: 3 };
      expect(refusedStatus(() => assertAppendable(request, body(100), upload, 2))).toBe(409);
    });

    it('answers 413 to more bytes than are left', () => {
      expect(refusedStatus(() => assertAppendable({ offset: 5 }, body(6), upload))).toBe(413);
    });

    it('takes the same length again and answers 400 to another', () => {
      expect(assertAppendable({ offset: 5, length: 10 }, body(1), upload)).toBe(10);
      for (const length of [0, 5, 9, 11]) {
        const call = () => assertAppendable({ offset: 5, length }, body(1), upload);
        expect(refusedStatus(call)).toBe(400);
      }
    });

    it('does not hold an accepted upload to a limit that came later', () => {
      expect(assertAppendable({ offset: 5 }, body(5), upload, 7)).toBe(10);
    });
  });

  describe('to a complete upload', () => {
    const upload = { offset: 10, length: 10 };

    it('lets nothing but an empty body at its end pass', () => {
      expect(assertAppendable({ offset: 10 }, body(0), upload)).toBe(10);
      expect(refusedStatus(() => assertAppendable({ offset: 10 }, body(1), upload))).toBe(413);
      expect(refusedStatus(() => assertAppendable({ offset: 0 }, body(10), upload))).toBe(409);
    });
  });

  describe('to an upload of deferred length', () => {
    const upload = { offset: 5 };

    it('stays deferred while no length is said', () => {
      expect(assertAppendable({ offset: 5 }, body(5), upload)).toBeUndefined();
      expect(assertAppendable({ offset: 5 }, body(), upload, 10)).toBeUndefined();
    });

    it('takes a length that holds what is there and what comes', () => {
      expect(assertAppendable({ offset: 5, length: 5 }, body(0), upload)).toBe(5);
      expect(assertAppendable({ offset: 5, length: 10 }, body(5), upload)).toBe(10);
      expect(assertAppendable({ offset: 5, length: 10 }, body(5), upload, 10)).toBe(10);
      expect(assertAppendable({ offset: 5, length: 20 }, body(), upload)).toBe(20);
    });

    it.each([
      [4, 0],
      [0, 0],
      [9, 5],
    ])('answers 400 to the length %d with %d bytes coming', (length, coming) => {
      const call = () => assertAppendable({ offset: 5, length }, body(coming), upload);
      expect(refusedStatus(call)).toBe(400);
    });

    it('answers 413 to a length above the limit', () => {
      const call = () => assertAppendable({ offset: 5, length: 11 }, body(0), upload, 10);
      expect(refusedStatus(call)).toBe(413);
    });

    it('answers 413 to bytes above the limit', () => {
      expect(assertAppendable({ offset: 5 }, body(5), upload, 10)).toBeUndefined();
      expect(refusedStatus(() => assertAppendable({ offset: 5 }, body(6), upload, 10))).toBe(413);
    });

    it('answers 409 before 400 and 413', () => {
      const request = { offset: 6, length: 3 };
      expect(refusedStatus(() => assertAppendable(request, body(100), upload, 2))).toBe(409);
    });
  });
});
