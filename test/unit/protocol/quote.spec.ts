import fc from 'fast-check';
import { quote } from '../../../lib/protocol/index.js';

describe('quote', () => {
  it.each([
    ['', '""'],
    ['abc', '"abc"'],
    ['a "b" \\ c', '"a \\"b\\" \\\\ c"'],
    ['a\r\nb\0', '"a\\u000d\\u000ab\\u0000"'],
    ['é\u202e', '"\\u00e9\\u202e"'],
    ['x'.repeat(60), `"${'x'.repeat(60)}"`],
    ['x'.repeat(61), `"${'x'.repeat(60)}"...`],
    [`${'x'.repeat(57)}\0`, `"${'x'.repeat(57)}"...`],
  ])('shows %j as %s', (value, shown) => {
    expect(quote(value)).toBe(shown);
  });

  it('is one short line of printable ASCII, whatever the value', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (value) => {
        expect(quote(value)).toMatch(/^[ -~]{2,65}$/);
      }),
    );
  });

  it('tells different short values apart', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 5 }), (value) => {
        expect(JSON.parse(quote(value))).toBe(value);
      }),
    );
  });
});
