import fc from 'fast-check';
import { readForwarded } from '../../../lib/protocol/index.js';
import type { PublicOrigin } from '../../../lib/protocol/index.js';

type Sent = Record<string, string | string[]>;

function read(sent: Sent): PublicOrigin {
  return readForwarded(
    Object.fromEntries(Object.entries(sent).map(([name, value]) => [name, [value].flat()])),
  );
}

describe('readForwarded', () => {
  it('knows nothing without the headers', () => {
    expect(read({})).toEqual({});
    expect(read({ host: 'a.example' })).toEqual({});
  });

  it.each<[Sent, PublicOrigin]>([
    [{ forwarded: 'proto=https;host=a.example' }, { proto: 'https', host: 'a.example' }],
    [
      { forwarded: 'Proto=HTTPS;Host="a.example:8443"' },
      { proto: 'https', host: 'a.example:8443' },
    ],
    [
      { forwarded: 'for=192.0.2.1;host="[2001:db8::1]:443";proto=https' },
      { proto: 'https', host: '[2001:db8::1]' },
    ],
    [
      { forwarded: 'host=a.example;proto=https, host=b.example;proto=http' },
      { proto: 'https', host: 'a.example' },
    ],
    [{ forwarded: ['host=a.example', 'host=b.example'] }, { host: 'a.example' }],
    [{ forwarded: 'host="a.example:80";proto=http' }, { proto: 'http', host: 'a.example' }],
  ])('reads Forwarded in %j', (sent, origin) => {
    expect(read(sent)).toEqual(origin);
  });

  it.each<[Sent, PublicOrigin]>([
    [{ 'x-forwarded-proto': 'https' }, { proto: 'https' }],
    [{ 'x-forwarded-proto': 'https,http' }, { proto: 'https' }],
    [{ 'x-forwarded-proto': ' HTTP , https' }, { proto: 'http' }],
    [{ 'x-forwarded-proto': ['https', 'http'] }, { proto: 'https' }],
    [{ 'x-forwarded-host': 'a.example, b.example' }, { host: 'a.example' }],
    [{ 'x-forwarded-host': 'a.example', 'x-forwarded-port': '8443' }, { host: 'a.example:8443' }],
    [
      {
        'x-forwarded-host': 'a.example',
        'x-forwarded-port': '443, 80',
        'x-forwarded-proto': 'https',
      },
      { proto: 'https', host: 'a.example' },
    ],
    [{ 'x-forwarded-port': '8443' }, {}],
    [{ 'x-forwarded-prefix': '/api/' }, { prefix: '/api' }],
    [{ 'x-forwarded-prefix': '/api, /inner' }, { prefix: '/api' }],
  ])('reads the headers before Forwarded in %j', (sent, origin) => {
    expect(read(sent)).toEqual(origin);
  });

  it('takes Forwarded first, and from the others what it does not say', () => {
    const sent = {
      forwarded: 'host=a.example',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'b.example',
      'x-forwarded-port': '8443',
      'x-forwarded-prefix': '/api',
    };
    expect(read(sent)).toEqual({ proto: 'https', host: 'a.example', prefix: '/api' });
  });

  it.each([
    '',
    ';',
    'host',
    'host=',
    'host="a.example',
    'host=a.example;',
    'host=a.example:8443',
    'host=a.example/x',
    'host="a.example/x"',
    'host="a.example\\\r\\\nX: y"',
    'proto=ftp',
    'proto="javascript"',
    '__proto__=x',
    'constructor=x;host=',
  ])('ignores the malformed Forwarded %j and takes the others', (forwarded) => {
    const sent = { forwarded, 'x-forwarded-proto': 'https', 'x-forwarded-host': 'b.example' };
    expect(read(sent)).toEqual({ proto: 'https', host: 'b.example' });
  });

  it.each<[Sent]>([
    [{ 'x-forwarded-proto': 'ftp' }],
    [{ 'x-forwarded-proto': ',https' }],
    [{ 'x-forwarded-proto': 'constructor' }],
    [{ 'x-forwarded-host': 'a.example/x' }],
    [{ 'x-forwarded-host': ', a.example' }],
    [{ 'x-forwarded-prefix': '//evil.example' }],
  ])('ignores what it cannot believe in %j', (sent) => {
    expect(read(sent)).toEqual({});
  });

  it('never gives a host or a prefix that could break out, whatever is sent', () => {
    const unit = fc.constantFrom(
      ...Array.from('a1./\\:;,="[] \r\n\0%@'),
      'host=',
      'proto=',
      '//',
      '..',
    );
    const value = fc.oneof(fc.string({ unit }), fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(value, value, value, value, (forwarded, host, port, prefix) => {
        const origin = read({
          forwarded,
          'x-forwarded-host': host,
          'x-forwarded-port': port,
          'x-forwarded-prefix': prefix,
        });
        expect(origin.host ?? 'a').toMatch(/^[A-Za-z0-9.:[\]-]+$/);
        expect(origin.prefix ?? '/a').toMatch(/^\/(?!\/)[!-~]+$/);
      }),
      { numRuns: 1000 },
    );
  });
});
