import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { decodeBase64 } from '../../../lib/protocol/index.js';

describe('decodeBase64', () => {
  it.each([
    ['', ''],
    ['Zg==', 'f'],
    ['Zm8=', 'fo'],
    ['Zm9v', 'foo'],
    ['Zm9vYg==', 'foob'],
  ])('decodes %j', (text, plain) => {
    expect(decodeBase64(text)?.toString()).toBe(plain);
  });

  it.each([
    '!!!',
    '=',
    '====',
    'Z',
    'Zg',
    'Zg=',
    'Zg===',
    'Zh==',
    'Zm9=',
    'Zm9v=',
    'Zm9vZg',
    'Zg==Zg==',
    'Z===',
    'Zm 9v',
    ' Zm9v',
    'Zm9v\n',
    'Zm9\0',
    '_-__',
    'Zm9ü',
  ])('does not decode %j', (text) => {
    expect(decodeBase64(text)).toBeUndefined();
  });

  it('accepts one spelling for any bytes, and only that', () => {
    fc.assert(
      fc.property(fc.base64String(), fc.string(), (text, other) => {
        const canonical = Buffer.from(text, 'base64').toString('base64') === text;
        expect(decodeBase64(text) !== undefined).toBe(canonical);
        expect(decodeBase64(`${text}*${other}`)).toBeUndefined();
      }),
    );
  });
});
