import { createHash } from 'node:crypto';
import { createVerifier, createVerifiers } from '../../../../lib/uploads/bodies/verifier.js';

const digestOf = (algorithm: string, text: string) => createHash(algorithm).update(text).digest();

describe('createVerifiers', () => {
  it('gives the digests of several algorithms, one after the other', () => {
    const verifier = createVerifiers(['sha1', 'sha256']);
    verifier.update(Buffer.from('hello '));
    const copy = verifier.copy();
    verifier.update(Buffer.from('world'));
    copy.update(Buffer.from('there'));
    const both = (text: string) =>
      Buffer.concat([digestOf('sha1', text), digestOf('sha256', text)]);
    expect(verifier.digest()).toEqual(both('hello world'));
    expect(copy.digest()).toEqual(both('hello there'));
  });

  it('is the one of an algorithm that is alone', () => {
    const alone = createVerifiers(['crc32']);
    const single = createVerifier('crc32');
    for (const verifier of [alone, single]) verifier.update(Buffer.from('x'));
    expect(alone.digest()).toEqual(single.digest());
  });
});
