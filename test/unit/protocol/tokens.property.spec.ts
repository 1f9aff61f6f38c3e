import { Buffer } from 'node:buffer';
import { basename } from 'node:path';
import fc from 'fast-check';
import {
  assertVersion,
  isOffsetOctetStream,
  isRandomId,
  isUploadId,
  overriddenMethod,
  parseInteger,
} from '../../../lib/protocol/index.js';
import { anyOf, hostileText, outcome, uploadId } from './grammar.js';

const RUNS = { numRuns: 400 };

describe('An upload id', () => {
  it('is of this module where it is 16 bytes in lower-case hexadecimal digits', () => {
    fc.assert(
      fc.property(anyOf(uploadId), (text) => {
        const bytes = Buffer.from(text, 'hex');
        expect(isRandomId(text)).toBe(bytes.length === 16 && bytes.toString('hex') === text);
      }),
      RUNS,
    );
  });

  it('is nothing that could be a path, or needs encoding in one', () => {
    fc.assert(
      fc.property(anyOf(uploadId), (text) => {
        if (!isUploadId(text)) return;
        expect(basename(text)).toBe(text);
        expect(text).not.toContain('.');
        expect(encodeURIComponent(text)).toBe(text);
      }),
      RUNS,
    );
  });
});

describe('A method that replaces another one', () => {
  const blanks = fc.constantFrom('', ' ', '\t ');
  const method = fc
    .tuple(
      blanks,
      fc.mixedCase(fc.constantFrom('GET', 'HEAD', 'POST', 'PATCH', 'DELETE', 'OPTIONS')),
      blanks,
    )
    .map((parts) => parts.join(''));
  const others = fc.constantFrom(
    'PUT',
    'TRACE',
    'CONNECT',
    'PATCH, PATCH',
    'GETPOST',
    'PATCH HEAD',
  );

  it('is one of six, in any case, and else refused with 405', () => {
    fc.assert(
      fc.property(fc.oneof(anyOf(method), others), (text) => {
        const [, known] = /^\s*(GET|HEAD|POST|PATCH|DELETE|OPTIONS)\s*$/i.exec(text) ?? [];
        expect(outcome(() => overriddenMethod({ 'x-http-method-override': [text] }))).toEqual(
          known === undefined ? { refused: 405 } : { value: known.toUpperCase() },
        );
      }),
      RUNS,
    );
  });
});

describe('The media type of upload bytes', () => {
  const type = fc.mixedCase(fc.constant('application/offset+octet-stream'));
  const written = fc.oneof(
    type,
    fc.tuple(type, hostileText).map(([name, parameters]) => `${name} ;${parameters}`),
  );

  it('counts in any case and with any parameters, and no other does', () => {
    fc.assert(
      fc.property(fc.option(anyOf(written), { nil: undefined }), (text) => {
        const isRight = /^\s*application\/offset\+octet-stream\s*(?:;[^]*)?$/i.test(text ?? '');
        expect(isOffsetOctetStream(text)).toBe(isRight);
      }),
      RUNS,
    );
  });
});

describe('The version of a request', () => {
  it('is one line that says 1.0.0, and else refused with 412', () => {
    const lines = fc.oneof(
      fc.constant(['1.0.0']),
      fc.array(anyOf(fc.constant('1.0.0')), { maxLength: 2 }),
    );
    fc.assert(
      fc.property(fc.option(lines, { nil: undefined }), (sent) => {
        const isRight = sent?.length === 1 && sent[0] === '1.0.0';
        expect(outcome(() => assertVersion({ 'tus-resumable': sent }))).toEqual(
          isRight ? { value: undefined } : { refused: 412 },
        );
      }),
      RUNS,
    );
  });
});

const LARGEST = 2n ** 53n - 1n;

const digits = fc.oneof(
  fc.bigInt({ min: 0n, max: 1000n }),
  fc.bigInt({ min: 0n, max: LARGEST }),
  fc.bigInt({ min: LARGEST - 3n, max: LARGEST + 3n }),
  fc.bigInt({ min: 0n, max: 2n ** 300n }),
);

const maxSize = fc.option(fc.nat(), { nil: undefined });

describe('A count of bytes', () => {
  it('is read exactly, or refused as too large', () => {
    fc.assert(
      fc.property(digits, maxSize, (number, limit) => {
        const tooLarge = { refused: limit === undefined ? 400 : 413 };
        expect(outcome(() => parseInteger('Upload-Length', String(number), limit))).toEqual(
          number <= LARGEST ? { value: Number(number) } : tooLarge,
        );
      }),
      RUNS,
    );
  });

  it('is nothing but what a number is written as', () => {
    fc.assert(
      fc.property(anyOf(digits.map(String)), (text) => {
        const number = /^[0-9]+$/.test(text) ? BigInt(text) : -1n;
        const isCount = String(number) === text && number >= 0n && number <= LARGEST;
        expect(outcome(() => parseInteger('Upload-Offset', text))).toEqual(
          isCount ? { value: Number(number) } : { refused: 400 },
        );
      }),
      RUNS,
    );
  });
});
