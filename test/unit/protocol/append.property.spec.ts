import fc from 'fast-check';
import {
  assertWithinMaxSize,
  assertWithinUpload,
  parseAppend,
} from '../../../lib/protocol/index.js';
import { anyOf, outcome } from './grammar.js';

const RUNS = { numRuns: 400 };

/** Few enough to meet often. */
const count = fc.nat({ max: 4 });
const maybe = fc.option(count, { nil: undefined });

describe('The head of a PATCH', () => {
  const TYPE = 'application/offset+octet-stream';
  const LIMIT = 1000;

  function lines(right: fc.Arbitrary<string>): fc.Arbitrary<string[] | undefined> {
    return fc.oneof(
      { weight: 6, arbitrary: fc.tuple(right) },
      { weight: 2, arbitrary: fc.tuple(anyOf(right)) },
      { weight: 1, arbitrary: fc.tuple(right, right) },
      { weight: 2, arbitrary: fc.constant(undefined) },
    );
  }

  /** What is wrong with a header that is to be a count of bytes. */
  function faultOf(sent: string[] | undefined, tooLarge: number): number | undefined {
    if (sent === undefined) return undefined;
    const [text = '', ...more] = sent;
    if (more.length > 0 || !/^(?:0|[1-9][0-9]*)$/.test(text)) return 400;
    return BigInt(text) > BigInt(Number.MAX_SAFE_INTEGER) ? tooLarge : undefined;
  }

  it('is read when nothing in it is wrong, and else refused for what is', () => {
    const number = fc.bigInt({ min: 0n, max: 2n ** 60n }).map(String);
    fc.assert(
      fc.property(lines(fc.constant(TYPE)), lines(number), lines(number), (type, at, length) => {
        const headers = { 'content-type': type, 'upload-offset': at, 'upload-length': length };
        const essence = type?.[0]?.split(';', 1)[0]?.trim().toLowerCase();
        const faults = [
          type?.length === 2 ? 400 : essence === TYPE ? undefined : 415,
          at === undefined ? 400 : faultOf(at, 400),
          faultOf(length, 413),
        ].filter((fault) => fault !== undefined);

        const read = outcome(() => parseAppend(headers, { extensions: new Set(), maxSize: LIMIT }));
        if ('refused' in read) expect(faults).toContain(read.refused);
        else {
          expect(faults).toEqual([]);
          const said = length && { length: Number(length[0]) };
          expect(read.value).toEqual({ offset: Number(at?.[0]), ...said });
        }
      }),
      RUNS,
    );
  });
});

describe('The limits of a body', () => {
  it('are kept to the byte', () => {
    fc.assert(
      fc.property(count, maybe, (bytes, limit) => {
        const fits = { value: undefined };
        const isWithin = limit === undefined || bytes <= limit;
        const expected = isWithin ? fits : { refused: 413 };
        expect(outcome(() => assertWithinMaxSize('Upload-Length', bytes, limit))).toEqual(expected);
        if (limit === undefined) return;
        expect(outcome(() => assertWithinUpload(bytes, limit))).toEqual(expected);
      }),
      { numRuns: 400 },
    );
  });
});
