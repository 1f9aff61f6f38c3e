import fc from 'fast-check';
import { creationPath, uploadLocation } from '../../../lib/protocol/index.js';
import { anyOf, uploadId } from './grammar.js';

const RUNS = { numRuns: 400 };

const segment = fc.stringMatching(/^[\w%~!$&'()*+,;=:@.-]{1,8}$/);
const path = fc
  .array(segment, { maxLength: 4 })
  .map((parts) => parts.map((each) => `/${each}`).join(''));
const target = fc
  .tuple(
    fc.constantFrom('', 'http://a.example', 'HTTPS://[::1]:8443'),
    path,
    fc.constantFrom('', '/', '//'),
    fc.constantFrom('', '?', '?a=/b/#c', '#/d'),
  )
  .map((parts) => parts.join(''));

/** Beginnings that browsers take for the name of a host. */
const evil = fc
  .array(
    fc.constantFrom('/', '\\', '\t', '\r', '\n', ' ', '//', 'http:', '.', '%2f', 'evil.example'),
  )
  .map((parts) => `/${parts.join('')}`);

describe('The path of a request', () => {
  it('is its path alone, without slashes at its end', () => {
    fc.assert(
      fc.property(target, (text) => {
        const [, plain = ''] = /^(?:https?:\/\/[^/?#]*)?([^?#]*)/i.exec(text) ?? [];
        expect(creationPath(text)).toBe(plain.replace(/\/+$/, ''));
      }),
      RUNS,
    );
  });
});

describe('The location of an upload', () => {
  const requested = fc.oneof(
    evil,
    anyOf(target).filter((text) => text.startsWith('/')),
  );

  it('is on the host that was asked, whatever path was', () => {
    fc.assert(
      fc.property(requested, uploadId, (url, id) => {
        const location = uploadLocation({ path: creationPath(url), id });
        const resolved = new URL(location, 'http://own.example/files');
        expect(resolved.host).toBe('own.example');
        expect(resolved.pathname.endsWith(`/${id}`)).toBe(true);
        expect(location).toMatch(/^\/(?![/\\])/);
      }),
      RUNS,
    );
  });

  it('can be told apart again: path, id, and where the client sees the server', () => {
    const origin = fc.option(
      fc.record({
        proto: fc.constantFrom('http' as const, 'https' as const),
        host: fc.constantFrom('a.example', '[::1]:3000'),
        prefix: fc.constantFrom(undefined, '/api'),
        absolute: fc.boolean(),
      }),
      { nil: undefined },
    );
    const base = fc.constantFrom(undefined, 'https://b.example/up', 'https://b.example/up//');
    fc.assert(
      fc.property(path, uploadId, origin, base, (created, id, seen, configured) => {
        const location = uploadLocation({ path: created, id, origin: seen, base: configured });
        const server = seen?.absolute ? `${seen.proto}://${seen.host}` : '';
        const expected = configured
          ? 'https://b.example/up'
          : server + (seen?.prefix ?? '') + created;
        expect(location).toBe(`${expected}/${id}`);
      }),
      RUNS,
    );
  });
});
