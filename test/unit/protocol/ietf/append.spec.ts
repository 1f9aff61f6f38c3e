import {
  assertStateless,
  dialectOf,
  parseIetfAppend,
  type IetfRules,
} from '../../../../lib/protocol/index.js';
import { refusedStatus } from '../refusal.js';

const RULES: IetfRules = {
  versions: [3, 5, 6, 7, 8],
  informational: true,
  besideTus: true,
  sizes: {},
};

function parse(version: number, sent: Record<string, string>) {
  const all = {
    'upload-draft-interop-version': String(version),
    'upload-offset': '5',
    'content-type': 'application/partial-upload',
    ...sent,
  };
  const headers = Object.fromEntries(Object.entries(all).map(([name, value]) => [name, [value]]));
  return parseIetfAppend(headers, dialectOf('PATCH', headers, RULES)!);
}

describe('parseIetfAppend', () => {
  it('reads offset, completeness and length', () => {
    expect(parse(8, { 'upload-complete': '?0' })).toMatchObject({ offset: 5, isLast: false });
    expect(parse(8, { 'upload-complete': '?1', 'upload-length': '9' })).toMatchObject({
      isLast: true,
      length: 9,
    });
  });

  it.each([7, 8])('needs Upload-Complete in version %d', (version) => {
    expect(refusedStatus(() => parse(version, {}))).toBe(400);
  });

  it.each([3, 5, 6])('takes an append of version %d for the last unless it says so', (version) => {
    expect(parse(version, {}).isLast).toBe(true);
  });

  it.each([3, 5])('knows no media type in version %d', (version) => {
    expect(parse(version, { 'content-type': 'text/plain' }).offset).toBe(5);
  });

  it.each([6, 7, 8])('answers 415 to another media type in version %d', (version) => {
    const sent = { 'upload-complete': '?1', 'content-type': 'text/plain' };
    expect(refusedStatus(() => parse(version, sent))).toBe(415);
  });

  it.each(['', '-1', 'abc', '5.0'])('answers 400 to the offset %j', (offset) => {
    const sent = { 'upload-complete': '?1', 'upload-offset': offset };
    expect(refusedStatus(() => parse(8, sent))).toBe(400);
  });
});

describe('assertStateless', () => {
  it.each(['upload-offset', 'upload-complete', 'upload-incomplete', 'upload-length'])(
    'refuses %s, whatever it says',
    (name) => {
      expect(refusedStatus(() => assertStateless({ [name]: ['x'] }))).toBe(400);
    },
  );

  it('takes what URLSession sends', () => {
    assertStateless({ 'content-type': ['text/plain'], 'content-length': ['0'] });
  });
});
