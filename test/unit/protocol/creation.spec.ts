import { ALL_EXTENSIONS, parseCreation } from '../../../lib/protocol/index.js';
import type { BodyInfo, CreationRules, TusExtension } from '../../../lib/protocol/index.js';
import { BAD_INTEGERS, refusal, refusedStatus } from './refusal.js';

const OCTETS = 'application/offset+octet-stream';
const NO_BODY: BodyInfo = { present: false };

type Sent = Record<string, string | string[]>;

function create(sent: Sent, body = NO_BODY, rules: Partial<CreationRules> = {}) {
  const headers = Object.fromEntries(
    Object.entries(sent).map(([name, value]) => [name, [value].flat()]),
  );
  return parseCreation(headers, body, { extensions: new Set(ALL_EXTENSIONS), ...rules });
}

function without(...off: TusExtension[]): Partial<CreationRules> {
  return {
    extensions: new Set(ALL_EXTENSIONS.filter((extension) => !off.includes(extension))),
  };
}

describe('parseCreation', () => {
  describe('length', () => {
    it('takes any length from 0 up to the limit', () => {
      expect(create({ 'upload-length': '100' })).toEqual({ length: 100 });
      expect(create({ 'upload-length': '0' })).toEqual({ length: 0 });
      expect(create({ 'upload-length': '10' }, NO_BODY, { maxSize: 10 })).toEqual({ length: 10 });
    });

    it('takes a deferred length, said by 1 only', () => {
      expect(create({ 'upload-defer-length': '1' })).toEqual({});
      for (const value of ['0', '2', 'true', '', '01', '1, 1']) {
        expect(refusedStatus(() => create({ 'upload-defer-length': value }))).toBe(400);
      }
    });

    it.each<[string, Sent]>([
      ['neither length nor deferral', {}],
      ['both', { 'upload-length': '1', 'upload-defer-length': '1' }],
      ['two lengths', { 'upload-length': ['1', '2'] }],
      ['one length twice', { 'upload-length': ['1', '1'] }],
      ['a deferral twice', { 'upload-defer-length': ['1', '1'] }],
    ])('answers 400 to %s', (_, sent) => {
      expect(refusedStatus(() => create(sent))).toBe(400);
    });

    it.each(BAD_INTEGERS)('answers 400 to the length %j', (value) => {
      expect(refusedStatus(() => create({ 'upload-length': value }))).toBe(400);
    });

    it('answers 413 to a length above the limit', () => {
      const limit = { maxSize: 10 };
      for (const value of ['11', '9007199254740992']) {
        expect(refusedStatus(() => create({ 'upload-length': value }, NO_BODY, limit))).toBe(413);
      }
      expect(refusedStatus(() => create({ 'upload-length': '9007199254740992' }))).toBe(400);
    });

    it('answers 400, which is not repeated, to a deferral that is not offered', () => {
      const rules = without('creation-defer-length');
      const call = () => create({ 'upload-defer-length': '1' }, NO_BODY, rules);
      expect(refusal(call)).toMatchObject({
        status: 400,
        message: expect.stringContaining('creation-defer-length is not offered'),
      });
    });
  });

  describe('body', () => {
    const body: BodyInfo = { present: true, length: 5 };

    it('takes upload bytes with a known or a deferred length', () => {
      expect(create({ 'upload-length': '5', 'content-type': OCTETS }, body)).toEqual({ length: 5 });
      expect(create({ 'upload-defer-length': '1', 'content-type': OCTETS }, body)).toEqual({});
      const chunked = { present: true };
      expect(create({ 'upload-length': '5', 'content-type': OCTETS }, chunked)).toEqual({
        length: 5,
      });
    });

    it('takes any content type where there is no body', () => {
      for (const contentType of [OCTETS, 'application/json', '']) {
        const sent = { 'upload-length': '5', 'content-type': contentType };
        expect(create(sent, { present: false, length: 0 })).toEqual({ length: 5 });
      }
      const sent = { 'upload-length': '5', 'content-type': OCTETS };
      expect(create(sent, NO_BODY, without('creation-with-upload'))).toEqual({ length: 5 });
    });

    it.each<[string, Sent]>([
      ['another type', { 'content-type': 'application/json' }],
      ['no type', {}],
    ])('answers 415 to a body of %s', (_, sent) => {
      expect(refusedStatus(() => create({ 'upload-length': '5', ...sent }, body))).toBe(415);
    });

    it('answers 400 to a content type that stands twice', () => {
      const sent = { 'upload-length': '5', 'content-type': [OCTETS, OCTETS] };
      expect(refusedStatus(() => create(sent, body))).toBe(400);
    });

    it('answers 400 to a body where creation-with-upload is not offered', () => {
      const rules = without('creation-with-upload');
      for (const contentType of [OCTETS, 'application/json']) {
        const sent = { 'upload-length': '5', 'content-type': contentType };
        expect(refusedStatus(() => create(sent, body, rules))).toBe(400);
      }
    });

    it('answers 413 to a body longer than the upload', () => {
      const sent = { 'upload-length': '4', 'content-type': OCTETS };
      expect(refusedStatus(() => create(sent, body))).toBe(413);
      expect(refusedStatus(() => create({ ...sent, 'upload-length': '0' }, body))).toBe(413);
    });

    it('answers 413 to a body above the limit of a deferred upload', () => {
      const sent = { 'upload-defer-length': '1', 'content-type': OCTETS };
      expect(refusedStatus(() => create(sent, body, { maxSize: 4 }))).toBe(413);
      expect(create(sent, body, { maxSize: 5 })).toEqual({});
    });
  });

  describe('offset', () => {
    it('ignores 0', () => {
      expect(create({ 'upload-length': '5', 'upload-offset': '0' })).toEqual({ length: 5 });
    });

    it.each(['5', ...BAD_INTEGERS])('answers 400 to %j', (value) => {
      const call = () => create({ 'upload-length': '5', 'upload-offset': value });
      expect(refusedStatus(call)).toBe(400);
    });
  });

  describe('metadata', () => {
    it('keeps the header as sent', () => {
      const sent = { 'upload-length': '5', 'upload-metadata': 'b djE= ,a,  __proto__ ' };
      expect(create(sent)).toEqual({ length: 5, metadata: 'b djE= ,a,  __proto__ ' });
      expect(create({ 'upload-defer-length': '1', 'upload-metadata': 'a' })).toEqual({
        metadata: 'a',
      });
    });

    it('takes a list on several lines as one', () => {
      const sent = { 'upload-length': '5', 'upload-metadata': ['a djE=', 'b'] };
      expect(create(sent).metadata).toBe('a djE=, b');
    });

    it.each(['', ' ', '\t'])('has none for the blank header %j', (value) => {
      expect(create({ 'upload-length': '5', 'upload-metadata': value }).metadata).toBeUndefined();
    });

    it.each<[string | string[]]>([['a !!!'], ['a,a'], ['a,'], [['a', 'a']], [['a', '']]])(
      'answers 400 to %j',
      (value) => {
        const call = () => create({ 'upload-length': '5', 'upload-metadata': value });
        expect(refusedStatus(call)).toBe(400);
      },
    );
  });

  describe('checksum', () => {
    it('is read with a body and without one', () => {
      const sent = { 'upload-length': '5', 'upload-checksum': 'crc32 DUoRhQ==' };
      const checksum = { algorithm: 'crc32', digest: Buffer.from('0d4a1185', 'hex') };
      const body: BodyInfo = { present: true, length: 5 };
      expect(create(sent)).toEqual({ length: 5, checksum });
      expect(create({ ...sent, 'content-type': OCTETS }, body)).toEqual({ length: 5, checksum });
    });

    it('may come in the trailer', () => {
      const sent = { 'upload-length': '5', 'content-type': OCTETS, trailer: 'upload-checksum' };
      expect(create(sent, { present: true })).toEqual({ length: 5, checksum: 'in-trailer' });
    });
  });

  describe('concatenation', () => {
    const id = 'a'.repeat(32);
    const final = { 'upload-concat': `final;/files/${id}` };

    function concatenate(sent: Sent, body = NO_BODY, rules: Partial<CreationRules> = {}) {
      const headers = Object.fromEntries(
        Object.entries(sent).map(([name, value]) => [name, [value].flat()]),
      );
      const own = () => ['/files'];
      return parseCreation(headers, body, { extensions: new Set(ALL_EXTENSIONS), ...rules }, own);
    }

    it('takes a part like any upload, and keeps the header', () => {
      expect(create({ 'upload-length': '5', 'upload-concat': 'partial' })).toEqual({
        length: 5,
        concat: { kind: 'partial' },
        concatHeader: 'partial',
      });
    });

    it('takes a final upload with metadata, and keeps the header as sent', () => {
      expect(
        concatenate({ 'upload-concat': `final; /files/${id}`, 'upload-metadata': 'a' }),
      ).toEqual({
        metadata: 'a',
        concat: { kind: 'final', parts: [id] },
        concatHeader: `final; /files/${id}`,
      });
    });

    it.each<[Sent]>([[{ 'upload-length': '5' }], [{ 'upload-defer-length': '1' }]])(
      'answers 400 to a final upload with %j',
      (sent) => {
        expect(refusedStatus(() => concatenate({ ...final, ...sent }))).toBe(400);
      },
    );

    it('answers 403 to a final upload with bytes of its own', () => {
      for (const contentType of [OCTETS, 'text/plain']) {
        const call = () =>
          concatenate({ ...final, 'content-type': contentType }, { present: true, length: 5 });
        expect(refusedStatus(call)).toBe(403);
      }
    });

    it('knows no upload where no URL is its own', () => {
      expect(refusedStatus(() => create(final))).toBe(400);
    });
  });

  it.each<[Sent, TusExtension]>([
    [{ 'upload-concat': 'partial' }, 'concatenation'],
    [{ 'upload-concat': 'final;/files/a' }, 'concatenation'],
    [{ 'upload-concat': '' }, 'concatenation'],
    [{ 'upload-checksum': 'crc32 DUoRhQ==' }, 'checksum'],
  ])('answers 400, which is not repeated, to %j without %s', (sent, extension) => {
    const rules = without(extension);
    const call = () => create({ 'upload-length': '5', ...sent }, NO_BODY, rules);
    expect(refusal(call)).toMatchObject({
      status: 400,
      message: expect.stringContaining(`${extension} is not offered`),
    });
  });
});
