import { runInNewContext } from 'node:vm';
import { asError } from '../../../lib/errors/index.js';

describe('asError', () => {
  it('leaves an error as it is', () => {
    const error = new RangeError('Too much.');

    expect(asError(error)).toBe(error);
  });

  it('leaves an error of another realm as it is', () => {
    const error: unknown = runInNewContext('new TypeError("No such thing.")');

    expect(asError(error)).toBe(error);
  });

  it.each<[string, unknown, string]>([
    ['a text', 'It is broken.', 'It is broken.'],
    ['nothing', undefined, 'undefined'],
    ['an object', { code: 7 }, '{ code: 7 }'],
    ['a symbol', Symbol('odd'), 'Symbol(odd)'],
    ['an error whose message is no text', Object.assign(new Error(), { message: 1n }), '1n'],
    [
      'an object without a prototype',
      Object.assign(Object.create(null) as object, { code: 7 }),
      '[Object: null prototype] { code: 7 }',
    ],
  ])('makes %s the message of an error', (_what, thrown, message) => {
    const error = asError(thrown);

    expect(error).toBeInstanceOf(Error);
    expect(error.message).toBe(message);
  });

  it('never throws, whatever was thrown', () => {
    const hostile = {
      get [Symbol.toStringTag](): never {
        throw new Error('No.');
      },
      toString(): never {
        throw new Error('No.');
      },
    };
    const revoked = Proxy.revocable({}, {});
    revoked.revoke();

    expect(typeof asError(hostile).message).toBe('string');
    expect(typeof asError(revoked.proxy).message).toBe('string');
  });
});
