import { open } from 'node:fs/promises';
import { codeOf, hasCode } from '../../../lib/errors/index.js';

describe('the code of an error', () => {
  it('is the one that the system gave it', async () => {
    const error: unknown = await open('/nowhere/at/all').catch((reason: unknown) => reason);
    expect(codeOf(error)).toBe('ENOENT');
    expect(hasCode(error, 'EACCES', 'ENOENT')).toBe(true);
    expect(hasCode(error, 'EACCES')).toBe(false);
  });

  it('may be a number', () => {
    expect(hasCode({ code: -30_000 }, -30_000)).toBe(true);
  });

  it.each([undefined, null, 'ENOENT', 1, {}, new Error('x'), () => 'ENOENT'])(
    'is none of what was thrown without one: %p',
    (thrown) => {
      expect(codeOf(thrown)).toBeUndefined();
      expect(hasCode(thrown, 'ENOENT', undefined)).toBe(false);
    },
  );
});
