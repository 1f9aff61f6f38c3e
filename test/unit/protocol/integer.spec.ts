import fc from 'fast-check';
import { parseInteger } from '../../../lib/protocol/index.js';
import { BAD_INTEGERS, refusal, refusedStatus } from './refusal.js';

const LARGEST = Number.MAX_SAFE_INTEGER;

describe('parseInteger', () => {
  it.each([
    ['0', 0],
    ['1', 1],
    ['10', 10],
    [String(LARGEST), LARGEST],
  ])('reads %s', (text, value) => {
    expect(parseInteger('Upload-Offset', text)).toBe(value);
  });

  it.each(BAD_INTEGERS)('refuses %j with 400, limit or not', (text) => {
    expect(refusedStatus(() => parseInteger('Upload-Offset', text))).toBe(400);
    expect(refusedStatus(() => parseInteger('Upload-Offset', text, 10))).toBe(400);
  });

  it.each(['9007199254740992', '18446744073709551616', '9'.repeat(16_000)])(
    'refuses digits above 2^53 - 1 with 400 without a limit and 413 with one (%#)',
    (text) => {
      expect(refusedStatus(() => parseInteger('Upload-Length', text))).toBe(400);
      expect(refusedStatus(() => parseInteger('Upload-Length', text, LARGEST))).toBe(413);
    },
  );

  it('leaves it to others to compare with the limit', () => {
    expect(parseInteger('Upload-Length', '11', 10)).toBe(11);
  });

  it('names the header and the value it refuses', () => {
    const { message } = refusal(() => parseInteger('Upload-Length', '1\r\n2'));
    expect(message).toBe('Upload-Length must be a non-negative integer, not "1\\u000d\\u000a2".');
  });

  it('reads back every number it can count', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (number) => {
        expect(parseInteger('X', String(number))).toBe(number);
      }),
    );
  });

  it('refuses everything that is not the plain decimal form of a number', () => {
    const nearlyNumbers = fc.string({
      unit: fc.constantFrom(...Array.from('0123456789+-.eEx_, \t\n')),
    });
    fc.assert(
      fc.property(fc.oneof(nearlyNumbers, fc.string({ unit: 'binary' })), (text) => {
        fc.pre(!Number.isSafeInteger(Number(text)) || String(Math.abs(Number(text))) !== text);
        expect(refusedStatus(() => parseInteger('X', text))).toBe(400);
      }),
    );
  });
});
