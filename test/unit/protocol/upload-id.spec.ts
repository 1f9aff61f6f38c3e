import { isRandomId, isUploadId } from '../../../lib/protocol/index.js';

const id = '0123456789abcdef0123456789abcdef';

describe('isUploadId', () => {
  it.each([
    id,
    id.toUpperCase(),
    '0',
    'order-000042',
    '01ARZ3NDEKTSV4RRFFQ69G5FAV',
    'V1StGXR8_Z5jdHi6B-myT',
    '123e4567-e89b-12d3-a456-426614174000',
    'a'.repeat(100),
    'console',
    'com10',
    'com',
    'constructor',
  ])('takes %j', (value) => {
    expect(isUploadId(value)).toBe(true);
  });

  it.each([
    '',
    'a'.repeat(101),
    `${id}\n`,
    `\n${id}`,
    `../${id.slice(3)}`,
    `${id}/`,
    `${id}\\`,
    `${id}\0`,
    `${id}?x`,
    'a.b',
    'a b',
    'a:b',
    'a%20',
    '.tus',
    '-a',
    '_a',
    '__proto__',
    'é',
    '\u212a',
    'con',
    'AUX',
    'Com1',
    'lpt0',
    undefined,
    null,
    5,
    ['a'],
  ])('does not take %j', (value) => {
    expect(isUploadId(value)).toBe(false);
  });
});

describe('isRandomId', () => {
  it.each([
    [id, true],
    [id.slice(1), false],
    [`${id}0`, false],
    [id.toUpperCase(), false],
    [`${id}\n`, false],
    [`${id.slice(1)}g`, false],
  ])('says of %j: %p', (value, isRandom) => {
    expect(isRandomId(value)).toBe(isRandom);
  });
});
