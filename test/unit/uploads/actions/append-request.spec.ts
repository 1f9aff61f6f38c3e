import fc from 'fast-check';
import {
  assertAppendable,
  takeSnapshot,
  UploadTooLargeError,
  FinalUploadError,
  LengthMismatchError,
  OffsetMismatchError,
  PastLengthError,
  type UploadSnapshot,
} from '../../../../lib/uploads/index.js';
import { uploadRecord } from '../../registry/records.js';

type State = Partial<Record<'offset' | 'length' | 'maxSize', number>>;

function upload({ offset = 0, length, maxSize }: State): UploadSnapshot {
  const record = uploadRecord({ length, maxSize });
  return { ...takeSnapshot(record), offset };
}

describe('assertAppendable', () => {
  describe('to an upload of known length', () => {
    const half = upload({ offset: 5, length: 10 });

    it.each([0, 1, 5])('lets %d bytes pass where five are left', (coming) => {
      expect(assertAppendable({ offset: 5 }, coming, half)).toBe(10);
    });

    it.each([0, 4, 6, 10])('tells the right offset to one that asks for %d', (offset) => {
      const call = () => assertAppendable({ offset }, 1, half);
      expect(call).toThrow(OffsetMismatchError);
      expect(call).toThrow(expect.objectContaining({ asked: offset, current: 5 }));
    });

    it('looks at the offset before all else', () => {
      const call = () => assertAppendable({ offset: 4, length: 3 }, 100, half);
      expect(call).toThrow(OffsetMismatchError);
    });

    it('takes no more bytes than are left', () => {
      expect(() => assertAppendable({ offset: 5 }, 6, half)).toThrow(UploadTooLargeError);
    });

    it('takes the same length again, and no other', () => {
      expect(assertAppendable({ offset: 5, length: 10 }, 1, half)).toBe(10);
      for (const length of [0, 5, 9, 11]) {
        const call = () => assertAppendable({ offset: 5, length }, 1, half);
        expect(call).toThrow(LengthMismatchError);
      }
    });

    it('does not hold an accepted upload to a limit that came later', () => {
      const longer = upload({ offset: 5, length: 10, maxSize: 7 });
      expect(assertAppendable({ offset: 5 }, 5, longer)).toBe(10);
    });
  });

  it('takes nothing but an empty body at the end of a complete upload', () => {
    const whole = upload({ offset: 10, length: 10 });
    expect(assertAppendable({ offset: 10 }, 0, whole)).toBe(10);
    expect(() => assertAppendable({ offset: 10 }, 1, whole)).toThrow(UploadTooLargeError);
    expect(() => assertAppendable({ offset: 0 }, 10, whole)).toThrow(OffsetMismatchError);
  });

  it('takes no byte for a final upload, at whatever offset', () => {
    const final = takeSnapshot(uploadRecord({ kind: 'final', state: 'finished', length: 10 }));
    expect(() => assertAppendable({ offset: 10 }, 0, final)).toThrow(FinalUploadError);
    expect(() => assertAppendable({ offset: 3 }, 1, final)).toThrow(FinalUploadError);
  });

  describe('to an upload of deferred length', () => {
    const open = upload({ offset: 5 });
    const limited = upload({ offset: 5, maxSize: 10 });

    it('stays deferred while no length is said', () => {
      expect(assertAppendable({ offset: 5 }, 5, open)).toBeUndefined();
      expect(assertAppendable({ offset: 5 }, 5, limited)).toBeUndefined();
    });

    it('takes a length that holds what is there and what comes', () => {
      expect(assertAppendable({ offset: 5, length: 5 }, 0, open)).toBe(5);
      expect(assertAppendable({ offset: 5, length: 10 }, 5, limited)).toBe(10);
      expect(assertAppendable({ offset: 5, length: 20 }, 0, open)).toBe(20);
    });

    it.each([
      [4, 0],
      [0, 0],
      [9, 5],
    ])('takes no length of %d with %d bytes coming', (length, coming) => {
      const call = () => assertAppendable({ offset: 5, length }, coming, open);
      expect(call).toThrow(LengthMismatchError);
    });

    it('takes no length, and no bytes, above the limit', () => {
      const tooLong = () => assertAppendable({ offset: 5, length: 11 }, 0, limited);
      expect(tooLong).toThrow(UploadTooLargeError);
      expect(() => assertAppendable({ offset: 5 }, 6, limited)).toThrow(UploadTooLargeError);
    });
  });

  it('lets pass exactly what leaves no byte out of place', () => {
    const count = fc.nat({ max: 4 });
    const maybe = fc.option(count, { nil: undefined });
    const request = fc.record({ offset: count, length: maybe });
    const states = fc
      .record({ offset: count, length: maybe, maxSize: maybe })
      .filter(({ offset, length }) => length === undefined || offset <= length);
    fc.assert(
      fc.property(request, count, states, (asked, coming, state) => {
        const { offset, maxSize = Infinity } = state;
        const end = offset + coming;
        const length = state.length ?? asked.length;
        const most = state.length ?? maxSize;
        const isSound =
          asked.offset === offset &&
          (asked.length ?? length) === length &&
          end <= Math.min(length ?? Infinity, most) &&
          (length ?? 0) <= most;

        const call = () => assertAppendable(asked, coming, upload(state));
        if (isSound) expect(call()).toBe(length);
        else expect(call).toThrow();
      }),
      { numRuns: 400 },
    );
  });

  describe('by a client that says which bytes are the last', () => {
    const half = upload({ offset: 5, length: 10 });
    const open = upload({ offset: 5 });
    const whole = takeSnapshot(uploadRecord({ state: 'finished', length: 10 }));

    it('knows the length by the last bytes, if their number is known', () => {
      expect(assertAppendable({ offset: 5, isLast: true }, 4, open)).toBe(9);
      expect(assertAppendable({ offset: 5, isLast: true }, 0, open)).toBe(5);
      expect(assertAppendable({ offset: 5, isLast: true }, undefined, open)).toBeUndefined();
      expect(assertAppendable({ offset: 5, isLast: false }, 4, open)).toBeUndefined();
    });

    it('takes all that is said of the length together', () => {
      expect(assertAppendable({ offset: 5, length: 9, isLast: true }, 4, open)).toBe(9);
      for (const [length, coming] of [
        [10, 4],
        [8, 4],
      ] as const) {
        const call = () => assertAppendable({ offset: 5, length, isLast: true }, coming, open);
        expect(call).toThrow(LengthMismatchError);
      }
      expect(() => assertAppendable({ offset: 5, isLast: true }, 4, half)).toThrow(
        LengthMismatchError,
      );
      expect(() => assertAppendable({ offset: 5, isLast: true }, 6, half)).toThrow(
        LengthMismatchError,
      );
      expect(() => assertAppendable({ offset: 5, length: 4, isLast: false }, 0, open)).toThrow(
        LengthMismatchError,
      );
    });

    it('tells bytes past a length that was known from others', () => {
      const more = { offset: 5, isLast: false };
      expect(() => assertAppendable(more, 6, half)).toThrow(PastLengthError);
      expect(() => assertAppendable({ ...more, length: 7 }, 6, open)).toThrow(LengthMismatchError);
      expect(() => assertAppendable({ offset: 10, isLast: false }, 1, whole)).toThrow(
        LengthMismatchError,
      );
      expect(assertAppendable({ offset: 10, isLast: true }, 0, whole)).toBe(10);
    });

    it('holds what is open to its limit', () => {
      const limited = upload({ offset: 5, maxSize: 8 });
      expect(() => assertAppendable({ offset: 5, isLast: false }, 4, limited)).toThrow(
        UploadTooLargeError,
      );
      expect(() => assertAppendable({ offset: 5, length: 9, isLast: false }, 0, limited)).toThrow(
        UploadTooLargeError,
      );
    });
  });
});
