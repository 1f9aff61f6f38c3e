import { creationPath, uploadLocation } from '../../../lib/protocol/index.js';

const id = '0123456789abcdef0123456789abcdef';

describe('creationPath', () => {
  it.each([
    ['/files', '/files'],
    ['/files/', '/files'],
    ['/files//', '/files'],
    ['/files?token=a/b', '/files'],
    ['/files/?a#b', '/files'],
    ['/api/v1/files', '/api/v1/files'],
    ['/%2Ffiles', '/%2Ffiles'],
    ['/', ''],
    ['/?a', ''],
    ['http://a.example/files?x', '/files'],
    ['HTTPS://a.example:8443/api/files/', '/api/files'],
    ['http://a.example', ''],
    ['http://a.example?x', ''],
    ['//evil.example/files', '/evil.example/files'],
    ['///evil.example', '/evil.example'],
    ['/\\evil.example/files', '/evil.example/files'],
    ['\\\\evil.example', '/evil.example'],
    ['/\t/evil.example', '/evil.example'],
    ['/\\', ''],
    ['http://a.example//evil.example/files', '/evil.example/files'],
  ])('of %j is %j', (url, path) => {
    expect(creationPath(url)).toBe(path);
  });

  it('never names another host', () => {
    for (const url of ['//evil', '/\\evil', '/\\', '//', '/\n/evil', 'http://a//evil']) {
      const location = uploadLocation({ path: creationPath(url), id });
      expect(new URL(location, 'http://own.example').host).toBe('own.example');
    }
  });
});

describe('uploadLocation', () => {
  it('is below the path it was created at', () => {
    expect(uploadLocation({ path: '/files', id })).toBe(`/files/${id}`);
    expect(uploadLocation({ path: '', id })).toBe(`/${id}`);
  });

  it('keeps the prefix a proxy takes off', () => {
    const origin = { absolute: false, proto: 'https', host: 'a.example', prefix: '/api' } as const;
    expect(uploadLocation({ path: '/files', id, origin })).toBe(`/api/files/${id}`);
  });

  it('is absolute where that is asked for and scheme and host are known', () => {
    const known = { absolute: true, proto: 'https', host: 'a.example:8443' } as const;
    expect(uploadLocation({ path: '/files', id, origin: known })).toBe(
      `https://a.example:8443/files/${id}`,
    );
    expect(uploadLocation({ path: '/files', id, origin: { ...known, prefix: '/api' } })).toBe(
      `https://a.example:8443/api/files/${id}`,
    );
  });

  it.each([{ proto: 'https' as const }, { host: 'a.example' }, {}])(
    'stays a path where only %j is known',
    (origin) => {
      expect(uploadLocation({ path: '/files', id, origin: { absolute: true, ...origin } })).toBe(
        `/files/${id}`,
      );
    },
  );

  it('is below the base where one is configured', () => {
    const origin = { absolute: true, proto: 'http', host: 'b.example', prefix: '/x' } as const;
    for (const base of ['https://cdn.example/up', 'https://cdn.example/up/']) {
      expect(uploadLocation({ path: '/files', id, origin, base })).toBe(
        `https://cdn.example/up/${id}`,
      );
    }
  });
});
