import fc from 'fast-check';
import { publicPrefix } from '../../../lib/protocol/index.js';

describe('publicPrefix', () => {
  it.each([
    ['/api', '/api'],
    ['/api/', '/api'],
    ['/api//', '/api'],
    ['/api/v1.0', '/api/v1.0'],
    ['/a//b', '/a//b'],
    ['/..a/b..', '/..a/b..'],
    ['/~me/a-b_c', '/~me/a-b_c'],
    ["/!$&'()*+,;=:@", "/!$&'()*+,;=:@"],
    ['/%C3%A9', '/%C3%A9'],
  ])('takes %j as %j', (value, prefix) => {
    expect(publicPrefix(value)).toBe(prefix);
  });

  it.each([
    undefined,
    '',
    '/',
    'api',
    '//',
    '//evil.example',
    '///evil.example',
    '/\\evil.example',
    '\\evil.example',
    'https://evil.example',
    '/..',
    '/../a',
    '/a/../..',
    '/a/..',
    '/./a',
    '/%2e%2e/a',
    '/a/.%2E/',
    '/%2E/a',
    '/a b',
    '/a?b',
    '/a#b',
    '/a%',
    '/a%zz',
    '/é',
    '/a\r\nX: y',
    '/a\n',
    '/\t/evil.example',
    '/a\0',
    '/a"b',
    '/<a>',
  ])('does not take %j', (value) => {
    expect(publicPrefix(value)).toBeUndefined();
  });

  it('never gives what could leave the path', () => {
    const unit = fc.constantFrom(...Array.from('/\\.a%2eE \r\n\0é?#:@'), '..');
    const paths = fc.oneof(fc.string({ unit }), fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(paths, (value) => {
        const prefix = publicPrefix(`/${value}`);
        if (prefix === undefined) return;
        expect(prefix).toMatch(/^\/[^/\\\s]/);
        expect(prefix).toMatch(/[^/]$/);
        const url = new URL(`${prefix}/id`, 'http://own.example');
        expect(url.href).toBe(`http://own.example${prefix}/id`);
      }),
    );
  });
});
