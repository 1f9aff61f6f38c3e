import fc from 'fast-check';
import { publicHost, publicPrefix, readForwarded } from '../../../lib/protocol/index.js';
import type { PublicOrigin } from '../../../lib/protocol/index.js';
import { anyOf } from './grammar.js';

const RUNS = { numRuns: 400 };

const proto = fc.constantFrom('http' as const, 'https' as const);
const name = fc.oneof(
  fc.domain(),
  fc.ipV4(),
  fc.ipV6().map((address) => `[${address}]`),
  fc.constantFrom('localhost', 'LOCALHOST', 'a', 'xn--bcher-kva.example'),
);
const port = fc.oneof(fc.constantFrom(80, 443), fc.integer({ min: 1, max: 65535 }));
const host = fc
  .tuple(name, fc.option(port))
  .map(([named, number]) => (number === null ? named : `${named}:${number}`));
const maybeProto = fc.option(proto, { nil: undefined });

/** A path of segments none of which leads elsewhere. */
const prefix = fc
  .tuple(
    fc.array(
      fc
        .stringMatching(/^(?:[\w~!$&'()*+,;=:@-]|%[2-7][0-9A-Fa-f]){1,6}$/)
        .filter((s) => !/%2e/i.test(s)),
      { minLength: 1, maxLength: 4 },
    ),
    fc.constantFrom('', '/', '//'),
  )
  .map(([segments, end]) => `/${segments.join('/')}${end}`);

/** The same host, as the URL standard writes it with its scheme. */
function urlHost(text: string, scheme: string): string {
  return new URL(`${scheme}://${text}`).host;
}

describe('A host that a proxy named', () => {
  it('is the same host, without the port its scheme has anyway', () => {
    fc.assert(
      fc.property(host, proto, (text, scheme) => {
        const known = publicHost(text, scheme)!;
        expect(urlHost(known, scheme)).toBe(urlHost(text, scheme));
        expect(known).not.toMatch(scheme === 'http' ? /:80$/ : /:443$/);
        expect(publicHost(text, undefined)).toBe(text);
      }),
      RUNS,
    );
  });

  it('never is more than a host', () => {
    fc.assert(
      fc.property(
        anyOf(host),
        maybeProto,
        fc.option(anyOf(port.map(String))),
        (text, scheme, p) => {
          const known = publicHost(text, scheme, p ?? undefined);
          if (known === undefined) return;
          const url = new URL(`${scheme ?? 'ws'}://${known}/files`);
          expect(url.pathname + url.username + url.password + url.search + url.hash).toBe('/files');
          expect(known).toMatch(/^[\w.[\]:-]+$/);
        },
      ),
      RUNS,
    );
  });
});

/** Segments that lead elsewhere, in all their spellings. */
const leading = fc
  .array(fc.constantFrom('..', '.', '%2e', '.%2E', '%2E%2e', 'api', '', '%2f', '\\'))
  .map((segments) => `/${segments.join('/')}`);

describe('A path that a proxy took off', () => {
  it('is given back without slashes at its end', () => {
    fc.assert(
      fc.property(prefix, (text) => {
        expect(publicPrefix(text)).toBe(text.replace(/\/+$/, ''));
      }),
      RUNS,
    );
  });

  it('never leads to another host, or out of itself', () => {
    fc.assert(
      fc.property(fc.oneof(anyOf(prefix), leading), (text) => {
        const known = publicPrefix(text);
        if (known === undefined) return;
        const url = new URL(`${known}/files`, 'http://own.example');
        expect(url.href).toBe(`http://own.example${known}/files`);
        expect(text.startsWith(known)).toBe(true);
      }),
      RUNS,
    );
  });
});

describe('Where a proxy says its client is', () => {
  const origin = fc.record({ proto: maybeProto, host: fc.option(host, { nil: undefined }) });

  it('is read the same from both kinds of headers, the first proxy of several counting', () => {
    fc.assert(
      fc.property(origin, fc.array(origin, { maxLength: 2 }), (first, others) => {
        const all = [first, ...others];
        const elements = all.map(elementOf);
        const standard = readForwarded({ forwarded: [elements.join(', ')] });
        const usual = readForwarded({
          'x-forwarded-proto': first.proto && [all.map((each) => each.proto ?? '').join(',')],
          'x-forwarded-host': first.host === undefined ? undefined : [first.host, 'evil.example'],
        });
        const known = first.host && publicHost(first.host, first.proto);
        const expected = {
          ...(first.proto && { proto: first.proto }),
          ...(known && { host: known }),
        };
        expect(usual).toEqual(expected);
        expect(standard).toEqual(expected);
      }),
      RUNS,
    );
  });

  function elementOf(each: PublicOrigin): string {
    const pairs = ['for=192.0.2.1'];
    if (each.host !== undefined) pairs.push(`host="${each.host}"`);
    if (each.proto !== undefined) pairs.push(`proto=${each.proto}`);
    return pairs.join(';');
  }
});
