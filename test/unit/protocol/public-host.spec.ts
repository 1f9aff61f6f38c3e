import fc from 'fast-check';
import { publicHost } from '../../../lib/protocol/index.js';

describe('publicHost', () => {
  it.each([
    ['example.com', 'example.com'],
    ['Example.COM', 'Example.COM'],
    ['localhost:3000', 'localhost:3000'],
    ['192.0.2.1', '192.0.2.1'],
    ['[2001:db8::1]', '[2001:db8::1]'],
    ['[2001:db8::1]:8443', '[2001:db8::1]:8443'],
    ['[::1:443]', '[::1:443]'],
    ['example.com:443', 'example.com'],
    ['[::1]:443', '[::1]'],
    ['example.com:80', 'example.com:80'],
    ['example.com:4430', 'example.com:4430'],
  ])('takes %j of an https proxy as %j', (value, host) => {
    expect(publicHost(value, 'https')).toBe(host);
  });

  it('drops the default port of the scheme only', () => {
    expect(publicHost('a:80', 'http')).toBe('a');
    expect(publicHost('a:443', 'http')).toBe('a:443');
    expect(publicHost('a:443', undefined)).toBe('a:443');
  });

  it('takes a port said apart where the host has none', () => {
    expect(publicHost('a', 'https', '8443')).toBe('a:8443');
    expect(publicHost('a:1', 'https', '8443')).toBe('a:1');
    expect(publicHost('[::1]', 'https', '8443')).toBe('[::1]:8443');
    expect(publicHost('a', 'https', '443')).toBe('a');
    for (const port of ['', '0', '-1', '65536', '99999', '1e3', 'x', '80/', '8443, 1']) {
      expect(publicHost('a', 'https', port)).toBe('a');
    }
  });

  it.each([
    undefined,
    '',
    '.',
    '-a',
    'a b',
    'a/b',
    'a\\b',
    'a?b',
    'a#b',
    'user@a',
    'a_b',
    'a\r\nX: y',
    'a\n',
    'a\0',
    'é.example',
    'a:',
    'a:x',
    'a:0',
    'a:080',
    'a:65536',
    'a:1:2',
    '::1',
    '[::1',
    '[]',
    '[:::::]',
    '[1.2.3.4]',
    '[::1]x',
    '[fe80::1%25eth0]',
    '999.999.999.999',
    'unix:/run/app.sock',
  ])('does not take %j', (value) => {
    expect(publicHost(value, 'https')).toBeUndefined();
  });

  it('never gives what could end the host', () => {
    const unit = fc.constantFrom(...Array.from('a1.-:[]/\\@?#%_ \r\n\0é'), '::1');
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit }), fc.string({ unit: 'binary' })), (value) => {
        const host = publicHost(value, 'http', value);
        if (host === undefined) return;
        expect(host).toMatch(/^[A-Za-z0-9.:[\]-]+$/);
        const url = new URL(`http://${host}/id`);
        expect([url.pathname, url.username, url.hash, url.search]).toEqual(['/id', '', '', '']);
      }),
    );
  });
});
