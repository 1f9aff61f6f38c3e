import { isUploadId } from '../../../lib/protocol/index.js';

const id = '0123456789abcdef0123456789abcdef';

describe('isUploadId', () => {
  it('takes 32 lower-case hexadecimal digits', () => {
    expect(isUploadId(id)).toBe(true);
  });

  it.each([
    '',
    id.slice(1),
    `${id}0`,
    id.toUpperCase(),
    `${id}\n`,
    `\n${id}`,
    `${id.slice(1)}g`,
    `../${id.slice(3)}`,
    `${id.slice(1)}/`,
    `${id.slice(1)}\0`,
    `${id}?x`,
    '.tus',
    '__proto__',
  ])('does not take %j', (value) => {
    expect(isUploadId(value)).toBe(false);
  });
});
