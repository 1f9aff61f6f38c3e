import type { IncomingMessage } from 'node:http';
import { bindingOf } from '../../../../lib/http/request/path-binding.js';

const ID = '0123456789abcdef'.repeat(2);

/** What an upload is bound to by a request on it, or, without an id, by its creation. */
function bound(params: unknown, id?: string): string | undefined {
  return bindingOf({ request: { params } as unknown as IncomingMessage, id });
}

describe('bindingOf', () => {
  it.each([
    ['no parameters', undefined],
    ['null', null],
    ['none of a route', {}],
    ['an empty wildcard', { '*': '' }],
    ['an absent one', { tenant: undefined }],
    ['one without a prototype', Object.create(null)],
  ])('is nothing for %s', (_name, params) => {
    expect(bound(params)).toBeUndefined();
    expect(bound(params, ID)).toBeUndefined();
  });

  it.each(['id', 'uploadId', '*', 'file'])('leaves the id out, as %s', (name) => {
    expect(bound({ [name]: ID }, ID)).toBeUndefined();
    expect(bound({ tenant: 'a', [name]: ID }, ID)).toBe(bound({ tenant: 'a' }));
  });

  it('leaves the id out of a wildcard, as each platform has it', () => {
    expect(bound({ path: ['a', 'b', ID] }, ID)).toBe(bound({ path: ['a', 'b'] }));
    expect(bound({ '*': `a/b/${ID}` }, ID)).toBe(bound({ '*': 'a/b' }));
  });

  it.each([
    [{ tenant: 'a' }, { tenant: 'b' }],
    [{ tenant: 'a' }, {}],
    [{ tenant: 'a' }, { user: 'a' }],
    [
      { org: 'a', team: 'b' },
      { org: 'b', team: 'a' },
    ],
    [{ org: 'a', team: 'b' }, { org: 'a' }],
    [
      { org: 'a', team: 'b' },
      { org: 'a","b', team: '' },
    ],
    [{ path: ['a', 'b'] }, { path: ['a'] }],
  ])('tells %j from %j', (first, second) => {
    expect(bound(first)).not.toBe(bound(second));
    expect(bound({ ...first, id: ID }, ID)).not.toBe(bound({ ...second, id: ID }, ID));
  });

  it('has the same length however long they are', () => {
    expect(bound({ tenant: 'a'.repeat(10_000) })).toHaveLength(bound({ tenant: 'a' })!.length);
  });
});
