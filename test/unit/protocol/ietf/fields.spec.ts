import {
  booleanField,
  countField,
  dictionaryField,
  integerField,
} from '../../../../lib/protocol/index.js';

const sent = (...lines: string[]) => ({ 'a-field': lines });

describe('integerField', () => {
  it.each([
    ['0', 0],
    ['7', 7],
    ['007', 7],
    ['-0', 0],
    ['-7', -7],
    ['5;p=1', 5],
    ['5;p=1.5', 5],
    [' 5 ', 5],
    ['999999999999999', 999_999_999_999_999],
  ])('reads %j', (text, value) => {
    expect(integerField(sent(text), 'A-Field')).toBe(value);
  });

  it.each([
    '',
    ' ',
    '+5',
    '5.0',
    '5.5',
    '1e3',
    '0x10',
    '5, 6',
    '1000000000000000',
    'abc',
    '?1',
    '5;',
  ])('takes %j for absent', (text) => {
    expect(integerField(sent(text), 'A-Field')).toBeUndefined();
  });

  it('takes what stands on two lines, or on none, for absent', () => {
    expect(integerField(sent('5', '5'), 'A-Field')).toBeUndefined();
    expect(integerField({}, 'A-Field')).toBeUndefined();
  });
});

describe('countField', () => {
  it('takes a negative integer for absent', () => {
    expect(countField(sent('-1'), 'A-Field')).toBeUndefined();
    expect(countField(sent('-0'), 'A-Field')).toBe(0);
  });
});

describe('booleanField', () => {
  it.each([
    ['?0', false],
    ['?1', true],
    ['?1;a', true],
  ])('reads %j', (text, value) => {
    expect(booleanField(sent(text), 'A-Field')).toBe(value);
  });

  it.each(['true', '1', '0', '"?1"', '?2', '?', '', '?1, ?1'])('takes %j for absent', (text) => {
    expect(booleanField(sent(text), 'A-Field')).toBeUndefined();
  });
});

describe('dictionaryField', () => {
  it('reads members of several lines, and lists as nothing', () => {
    const members = dictionaryField(sent('a=1, b=(1 2)', 'c'), 'A-Field');
    expect([...(members ?? [])]).toEqual([
      ['a', 1],
      ['b', undefined],
      ['c', true],
    ]);
  });

  it('throws a SyntaxError for what is none', () => {
    expect(() => dictionaryField(sent('A=1'), 'A-Field')).toThrow(SyntaxError);
  });
});
