import fc from 'fast-check';
import { ALL_EXTENSIONS, parseCreation } from '../../../lib/protocol/index.js';
import type { BodyInfo, TusExtension } from '../../../lib/protocol/index.js';
import { outcome } from './grammar.js';

/** A header line, and the status it must be refused with whatever else is sent. */
interface Line {
  readonly sent?: string[];
  readonly fault?: 400 | 413 | 415;
}

function right(...sent: string[]): Line {
  return { sent };
}

function wrong(fault: 400 | 413 | 415, ...sent: string[]): Line {
  return { sent, fault };
}

const MAX_SIZE = 100;
const TYPE = 'application/offset+octet-stream';
const ID = '0'.repeat(32);
const OWN = () => ['/files'];

/** Mostly right, for of a creation with many faults one is seen. */
function mostly(isRight: fc.Arbitrary<Line>, isWrong: fc.Arbitrary<Line>): fc.Arbitrary<Line> {
  return fc.oneof({ weight: 5, arbitrary: isRight }, { weight: 1, arbitrary: isWrong });
}

const lengths = mostly(
  fc.oneof(
    fc.constant<Line>({}),
    fc.nat({ max: MAX_SIZE }).map((length) => right(String(length))),
  ),
  fc.oneof(
    fc.bigInt({ min: BigInt(MAX_SIZE) + 1n, max: 2n ** 60n }).map((n) => wrong(413, String(n))),
    fc.constantFrom(wrong(400, '-1'), wrong(400, '1', '1'), wrong(400, '1e3'), wrong(400, '007')),
  ),
);
const deferrals = mostly(
  fc.constantFrom<Line>({}, right('1')),
  fc.constantFrom(wrong(400, '0'), wrong(400, '1', '1')),
);
const offsets = mostly(
  fc.constantFrom<Line>({}, right('0')),
  fc.constantFrom(wrong(400, '1'), wrong(400, 'x')),
);
const metadata = mostly(
  fc.constantFrom<Line>({}, right('name eA=='), right('a', '__proto__ eA=='), right('')),
  fc.constantFrom(wrong(400, 'name x'), wrong(400, 'a', 'a'), wrong(400, 'a b c')),
);
const concats = mostly(
  fc.constantFrom<Line>({}, {}, right('partial'), right(`final;/files/${ID}`)),
  fc.constantFrom(wrong(400, 'final;'), wrong(400, `final;http://evil.example/other/${ID}`)),
);
const types = mostly(
  fc.constant(right(TYPE)),
  fc.constantFrom<Line>({}, right('text/plain'), right(TYPE, TYPE)),
);
const bodies = fc.oneof(
  fc.constant<BodyInfo>({ present: false }),
  fc.constant<BodyInfo>({ present: false, length: 0 }),
  fc.constant<BodyInfo>({ present: true }),
  fc.integer({ min: 1, max: MAX_SIZE + 20 }).map((length) => ({ present: true, length })),
);
const creations = fc.record({
  length: lengths,
  defer: deferrals,
  offset: offsets,
  metadata,
  concat: concats,
  type: types,
  body: bodies,
  extensions: fc
    .oneof(fc.constant([...ALL_EXTENSIONS]), fc.subarray([...ALL_EXTENSIONS]))
    .map((offered) => new Set<TusExtension>(offered)),
});

type Creation = typeof creations extends fc.Arbitrary<infer T> ? T : never;

/** The statuses a creation may be refused with; none when it must be taken. */
function faultsOf(creation: Creation): number[] {
  const { length, defer, offset, metadata: named, concat, type, body, extensions } = creation;
  const isFinal = concat.sent?.[0]?.startsWith('final;') ?? false;
  const size = length.fault === undefined && length.sent ? Number(length.sent[0]) : undefined;
  const isTyped = type.sent?.length === 1 && type.sent[0] === TYPE;
  const faults = [
    !isFinal && length.fault,
    !isFinal && defer.fault,
    offset.fault,
    named.fault,
    concat.fault,
    concat.sent && !extensions.has('concatenation') && 400,
    isFinal && (length.sent ?? defer.sent) && 400,
    isFinal && body.present && 403,
    !isFinal && !length.sent === !defer.sent && 400,
    !isFinal && defer.sent && !extensions.has('creation-defer-length') && 400,
    body.present && !extensions.has('creation-with-upload') && 400,
    body.present && !isTyped && (type.sent?.length === 2 ? 400 : 415),
    (body.length ?? 0) > (size ?? MAX_SIZE) && 413,
  ];
  return faults.filter((fault) => typeof fault === 'number');
}

describe('A creation', () => {
  it('is taken when nothing is wrong with it, and else refused for something that is', () => {
    fc.assert(
      fc.property(creations, (creation) => {
        const { length, concat, body, extensions } = creation;
        const headers = {
          'upload-length': length.sent,
          'upload-defer-length': creation.defer.sent,
          'upload-offset': creation.offset.sent,
          'upload-metadata': creation.metadata.sent,
          'upload-concat': concat.sent,
          'content-type': creation.type.sent,
        };
        const faults = faultsOf(creation);
        const rules = { extensions, maxSize: MAX_SIZE };
        const read = outcome(() => parseCreation(headers, body, rules, OWN));
        if ('refused' in read) expect(faults).toContain(read.refused);
        else {
          expect(faults).toEqual([]);
          expect(read.value.length).toBe(length.sent && Number(length.sent[0]));
          expect(read.value.concatHeader).toBe(concat.sent?.[0]);
          expect(read.value.metadata ?? '').toBe(creation.metadata.sent?.join(', ') ?? '');
        }
      }),
      { numRuns: 1000 },
    );
  });
});
