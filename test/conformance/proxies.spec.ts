import { VersioningType } from '@nestjs/common';
import {
  PLATFORMS,
  create,
  head,
  offsetOf,
  patch,
  rawHead,
  request,
  startApp,
  useApp,
} from '../support/index.js';
import type { HeaderValues, TestApp } from '../support/index.js';

describe.each(PLATFORMS)('Location on %s', (platform) => {
  const app = useApp({ platform });

  it('P1: it is the path of the upload unless told otherwise', async () => {
    const { id, location } = await create(app(), { length: 5 });

    expect(location).toBe(`/files/${id}`);
  });

  it('P1: a global prefix and a version are part of it', async () => {
    const other = await startApp({
      platform,
      tus: { uploadPath: 'media/files', version: '2' },
      configure: (nest) => {
        nest.setGlobalPrefix('api');
        nest.enableVersioning({ type: VersioningType.URI });
      },
    });

    const upload = await create(other, { length: 5, path: '/api/v2/media/files' });
    const appended = await patch(other, upload, { body: 'hello' });
    await other.close();

    expect(upload.location).toBe(`/api/v2/media/files/${upload.id}`);
    expect(appended.status).toBe(204);
  });

  it('P1: parameters of the upload path are part of it', async () => {
    const other = await startApp({ platform, tus: { uploadPath: '/tenants/:tenant/files' } });

    const upload = await create(other, { length: 5, path: '/tenants/a%20b/files' });
    const offset = await offsetOf(other, upload);
    await other.close();

    expect(upload.location).toBe(`/tenants/a%20b/files/${upload.id}`);
    expect(offset).toBe(0);
  });

  it.each(['https://cdn.example/up', 'https://cdn.example/up/', 'http://cdn.example:8080/a/b'])(
    'P1: the public URL %s is put in front of the id',
    async (publicUrl) => {
      const other = await startApp({ platform, tus: { publicUrl } });

      const { id, location } = await create(other, {
        length: 5,
        headers: { Host: 'evil.example', ...forwarded('evil.example') },
      });
      await other.close();

      expect(location).toBe(`${publicUrl.replace(/\/$/, '')}/${id}`);
    },
  );

  it('P1: forwarded headers count for nothing where no proxy is trusted', async () => {
    const { id, location } = await create(app(), {
      length: 5,
      headers: { ...forwarded('evil.example'), 'X-Forwarded-Prefix': '/evil' },
    });

    expect(location).toBe(`/files/${id}`);
  });

  it('P4: a request target with a foreign host does not reach Location', async () => {
    const connection = await app().connect();
    const lines = ['Tus-Resumable: 1.0.0', 'Upload-Length: 5', 'Content-Length: 0'];

    for (const target of ['http://evil.example/files', '//evil.example/files', '//files']) {
      await connection.write(rawHead('POST', target, lines));
      const response = await connection.response();

      if (response.status === 201) {
        expect(response.header('Location')).toMatch(/^\/files\/[0-9a-f]{32}$/);
      } else {
        expect(response.status).toBe(404);
      }
    }
  });
});

describe.each(PLATFORMS)('Location from the request, on %s', (platform) => {
  const app = useApp({ platform, tus: { publicUrl: 'request' } });

  it('P1: scheme and host are those of the request', async () => {
    const { id, location } = await create(app(), { length: 5 });
    const named = await create(app(), { length: 5, headers: { Host: 'uploads.example:8080' } });

    expect(location).toBe(`${app().url}/files/${id}`);
    expect(named.location).toBe(`http://uploads.example:8080/files/${named.id}`);
  });

  it('P1: forwarded headers count for nothing where no proxy is trusted', async () => {
    const { id, location } = await create(app(), {
      length: 5,
      headers: { ...forwarded('evil.example'), 'X-Forwarded-Prefix': '/evil' },
    });

    expect(location).toBe(`${app().url}/files/${id}`);
  });

  it.each(['evil.example/path', 'a b', 'user@evil.example', 'a?b', 'a#b', 'a\\b', 'a,b', ''])(
    'P4: the host "%s" is not believed',
    async (host) => {
      const upload = await create(app(), { length: 5, headers: { Host: host } });

      expect(upload.location).toMatch(/^(http:\/\/127\.0\.0\.1:\d+)?\/files\/[0-9a-f]{32}$/);
      expect((await head(app(), upload)).status).toBe(200);
    },
  );

  it.each(['[::1]:3000', '[2001:db8::1]', 'localhost', 'a-b.example:65535'])(
    'P4: the host "%s" is believed',
    async (host) => {
      const { id, location } = await create(app(), { length: 5, headers: { Host: host } });

      expect(location).toBe(`http://${host}/files/${id}`);
    },
  );
});

describe.each(PLATFORMS)('Location behind a trusted proxy, on %s', (platform) => {
  const absolute = useApp({ platform, trustProxy: true, tus: { publicUrl: 'request' } });
  const relative = useApp({ platform, trustProxy: true });

  const origins: [string, HeaderValues, string][] = [
    ['Forwarded', { Forwarded: 'proto=https;host=a.example' }, 'https://a.example'],
    [
      'Forwarded with quotes',
      { Forwarded: 'for=1.2.3.4;Proto="https";Host="a.example:8443"' },
      'https://a.example:8443',
    ],
    [
      'Forwarded over X-Forwarded-*',
      { Forwarded: 'proto=https;host=a.example', ...xForwarded('b.example', 'http') },
      'https://a.example',
    ],
    ['X-Forwarded-*', xForwarded('a.example', 'https'), 'https://a.example'],
    [
      'X-Forwarded-Host with a port',
      xForwarded('a.example:8443', 'https'),
      'https://a.example:8443',
    ],
    ['an IPv6 host', xForwarded('[::1]:8080', 'https'), 'https://[::1]:8080'],
  ];

  it.each(origins)('P2: %s tells scheme and host', async (_name, headers, origin) => {
    const { id, location } = await create(absolute(), { length: 5, headers });

    expect(location).toBe(`${origin}/files/${id}`);
  });

  it('P2: of several Forwarded elements one is used whole', async () => {
    const Forwarded = 'proto=https;host=a.example, proto=http;host=b.example';

    const { id, location } = await create(absolute(), { length: 5, headers: { Forwarded } });

    expect(location).toBe(`https://a.example/files/${id}`);
  });

  it.each([
    ['https,http', 'https://a.example'],
    ['https, http', 'https://a.example'],
    ['HTTPS', 'https://a.example'],
    ['javascript', 'http://a.example'],
    ['https://evil.example/', 'http://a.example'],
    ['', 'http://a.example'],
  ])('P3: X-Forwarded-Proto "%s" makes %s', async (proto, origin) => {
    const headers = xForwarded('a.example', proto);

    const { id, location } = await create(absolute(), { length: 5, headers });

    expect(location).toBe(`${origin}/files/${id}`);
  });

  it.each([
    ['a.example:443', 'https', 'https://a.example'],
    ['a.example:80', 'http', 'http://a.example'],
    ['a.example:80', 'https', 'https://a.example:80'],
    ['a.example:443', 'http', 'http://a.example:443'],
  ])(
    'P3: the port of %s with %s is left out where it says nothing',
    async (host, proto, origin) => {
      const headers = xForwarded(host, proto);

      const { id, location } = await create(absolute(), { length: 5, headers });

      expect(location).toBe(`${origin}/files/${id}`);
    },
  );

  it.each(['a.example/evil', 'a b', 'user@a.example', 'a.example?x', '', '[::1', 'a"b'])(
    'P4: the forwarded host "%s" is not believed',
    async (host) => {
      const plain = await create(absolute(), { length: 5, headers: xForwarded(host, 'http') });
      const quoted = `proto=http;host="${host.replaceAll('"', '\\"')}"`;
      const rfc = await create(absolute(), { length: 5, headers: { Forwarded: quoted } });

      expect(plain.location).toBe(`${absolute().url}/files/${plain.id}`);
      expect(rfc.location).toBe(`${absolute().url}/files/${rfc.id}`);
    },
  );

  it.each(['garbage', 'host', 'proto=;host=', ';;;', ',', 'host="unfinished', '='.repeat(500)])(
    'P4: the malformed Forwarded "%s" breaks nothing',
    async (value) => {
      const upload = await create(absolute(), { length: 5, headers: { Forwarded: value } });

      expect(upload.location).toBe(`${absolute().url}/files/${upload.id}`);
    },
  );

  it.each([
    ['/media', '/media'],
    ['/media/', '/media'],
    ['/a/b', '/a/b'],
  ])('P5: the prefix "%s" a proxy took off is put back', async (sent, prefix) => {
    const headers = { 'X-Forwarded-Prefix': sent };
    const path = await create(relative(), { length: 5, headers });
    const url = await create(absolute(), {
      length: 5,
      headers: { ...headers, ...xForwarded('a.example', 'https') },
    });

    expect(path.location).toBe(`${prefix}/files/${path.id}`);
    expect(url.location).toBe(`https://a.example${prefix}/files/${url.id}`);
  });

  it.each(['//evil.example', 'https://evil.example', '/\\evil.example', '\\\\evil.example'])(
    'P5: the prefix "%s" does not lead to another host',
    async (prefix) => {
      const headers = { 'X-Forwarded-Prefix': prefix };

      const { location } = await create(relative(), { length: 5, headers });

      expect(new URL(location, 'http://own.example').host).toBe('own.example');
      expect((await creatable(relative(), location)).status).toBe(200);
    },
  );

  /** A HEAD on the upload a `Location` names, whatever stands in front. */
  function creatable(app: TestApp, location: string): Promise<{ status: number }> {
    const id = location.slice(location.lastIndexOf('/') + 1);
    return head(app, { path: `/files/${id}` });
  }
});

describe.each(PLATFORMS)('Location where one proxy is trusted, on %s', (platform) => {
  const other = useApp({ platform, trustProxy: '10.1.2.3', tus: { publicUrl: 'request' } });
  const local = useApp({ platform, trustProxy: '127.0.0.1', tus: { publicUrl: 'request' } });
  const headers = {
    ...forwarded('a.example'),
    'X-Forwarded-For': '10.1.2.3, 192.0.2.1',
    'X-Forwarded-Prefix': '/a',
  };

  it('P1: forwarded headers count for nothing when they come from anyone else', async () => {
    const { id, location } = await create(other(), { length: 5, headers });

    expect(location).toBe(`${other().url}/files/${id}`);
  });

  it('P1: forwarded headers count when they come from that proxy', async () => {
    const { id, location } = await create(local(), { length: 5, headers });

    expect(location).toBe(`https://a.example/a/files/${id}`);
  });
});

describe.each(PLATFORMS)('a mounted app, on %s', (platform) => {
  const app = useApp({ platform, configure: (nest) => void nest.setGlobalPrefix('api/v1') });

  it('P5: the path that is asked for is the path that is told', async () => {
    const upload = await create(app(), { length: 5, path: '/api/v1/files' });
    const outside = await request(app(), { method: 'OPTIONS', path: '/files' });

    expect(upload.location).toBe(`/api/v1/files/${upload.id}`);
    expect(await offsetOf(app(), upload)).toBe(0);
    expect(outside.headers['tus-version']).toBeUndefined();
  });
});

/** What proxies tell of the request they took, in one way. */
function xForwarded(host: string, proto: string): HeaderValues {
  return { 'X-Forwarded-Host': host, 'X-Forwarded-Proto': proto };
}

/** What proxies tell of the request they took, in every way. */
function forwarded(host: string): HeaderValues {
  return { Forwarded: `proto=https;host=${host}`, ...xForwarded(host, 'https') };
}
