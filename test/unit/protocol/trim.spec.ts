import { trimEndWhere, trimWhere } from '../../../lib/protocol/index.js';

const isDash = (character: string): boolean => character === '-';

describe('trimming', () => {
  it.each([
    ['', '', ''],
    ['-', '', ''],
    ['---', '', ''],
    ['a', 'a', 'a'],
    ['--a-b--', 'a-b', '--a-b'],
    ['a--', 'a', 'a'],
    ['--a', 'a', '--a'],
  ])('cuts %j to %j, and at the end only to %j', (text, both, end) => {
    expect(trimWhere(text, isDash)).toBe(both);
    expect(trimEndWhere(text, isDash)).toBe(end);
  });
});
