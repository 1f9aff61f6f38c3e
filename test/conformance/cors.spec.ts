import { BadRequestException, Controller, VersioningType } from '@nestjs/common';
import type { INestApplication, VersioningOptions } from '@nestjs/common';
import { TusEndpoint, TusModule } from '../../lib/index.js';
import {
  PLATFORMS,
  TUS,
  create,
  encodeMetadata,
  head,
  listOf,
  patch,
  post,
  request,
  startApp,
  terminate,
  useApp,
} from '../support/index.js';
import type {
  HeaderValues,
  HttpResponse,
  StartAppOptions,
  TestApp,
  TusOptions,
} from '../support/index.js';

const ORIGIN = 'https://app.example';

const METHODS = ['POST', 'HEAD', 'PATCH', 'DELETE'];

const SENT = [
  'Tus-Resumable',
  'Upload-Length',
  'Upload-Offset',
  'Upload-Metadata',
  'Upload-Defer-Length',
  'X-HTTP-Method-Override',
  'Content-Type',
  'Authorization',
];

const READ = [
  'Location',
  'Tus-Version',
  'Tus-Resumable',
  'Tus-Max-Size',
  'Tus-Extension',
  'Upload-Offset',
  'Upload-Length',
  'Upload-Metadata',
  'Upload-Defer-Length',
  'Upload-Expires',
  'Retry-After',
];

describe.each(PLATFORMS)('CORS on %s', (platform) => {
  const byOption = useApp({ platform, tus: { cors: true, maxSize: 1000 } });
  const byNest = useApp({
    platform,
    tus: { maxSize: 1000 },
    configure: (nest) => nest.enableCors(),
  });
  const ways = [
    ['the cors option', byOption],
    ['enableCors()', byNest],
  ] as const;

  describe.each(ways)('with %s', (_name, app) => {
    it.each(METHODS)('C1: a preflight for %s is granted', async (method) => {
      for (const path of ['/files', `/files/${'0'.repeat(32)}`]) {
        const response = await preflight(app(), { method, path });

        expect([200, 204]).toContain(response.status);
        expectGranted(response);
        expect(listOf(response.headers['access-control-allow-methods'])).toContain(method);
      }
    });

    it('C1: a preflight grants all headers that tus clients send', async () => {
      const response = await preflight(app(), { headers: SENT });

      const granted = lowered(response.headers['access-control-allow-headers']);
      SENT.forEach((name) => expect(granted).toContain(name.toLowerCase()));
    });

    it('C2: answers of every kind name their origin and show their headers', async () => {
      const upload = await create(app(), { length: 10, headers: { Origin: ORIGIN } });
      const unknown = { path: `/files/${'0'.repeat(32)}` };
      const origin = { headers: { Origin: ORIGIN } };
      const responses = [
        upload.response,
        await head(app(), upload, { Origin: ORIGIN }),
        await patch(app(), upload, { body: 'hello', ...origin }),
        await patch(app(), upload, { offset: 'x', ...origin }),
        await head(app(), unknown, { Origin: ORIGIN }),
        await request(app(), { method: 'PUT', path: '/files', ...origin }),
        await patch(app(), upload, { offset: 9, ...origin }),
        await post(app(), { headers: { Origin: ORIGIN, 'Tus-Resumable': '0.2.2' } }),
        await post(app(), { length: 1001, ...origin }),
        await patch(app(), upload, { headers: { Origin: ORIGIN, 'Content-Type': 'text/plain' } }),
        await terminate(app(), upload, { Origin: ORIGIN }),
        await head(app(), upload, { Origin: ORIGIN }),
      ];

      expect(responses.map(({ status }) => status)).toEqual([
        201, 200, 204, 400, 404, 405, 409, 412, 413, 415, 204, 410,
      ]);
      for (const response of responses) {
        expectGranted(response);
        const shown = lowered(response.headers['access-control-expose-headers']);
        READ.forEach((name) => expect(shown).toContain(name.toLowerCase()));
      }
    });

    it('C2: no CORS header is there twice', async () => {
      const responses = [
        await preflight(app(), {}),
        await post(app(), { length: 5, headers: { Origin: ORIGIN } }),
        await post(app(), { headers: { Origin: ORIGIN, 'Upload-Length': 'x' } }),
      ];

      for (const response of responses) {
        for (const name of ['Origin', 'Methods', 'Headers']) {
          expect(response.all(`Access-Control-Allow-${name}`).length).toBeLessThanOrEqual(1);
        }
        expect(response.all('Access-Control-Expose-Headers').length).toBeLessThanOrEqual(1);
      }
    });

    it('C5: OPTIONS without Origin is the tus answer', async () => {
      for (const path of ['/files', `/files/${'0'.repeat(32)}`]) {
        const response = await request(app(), { method: 'OPTIONS', path });

        expect(response.status).toBe(204);
        expect(response.headers['tus-version']).toBe('1.0.0');
        expect(response.headers['tus-extension']).toContain('creation');
        expect(response.headers['tus-max-size']).toBe('1000');
        expect(response.headers['tus-resumable']).toBe('1.0.0');
      }
    });

    it('C2: OPTIONS of a page, which is no preflight, is the tus answer and readable', async () => {
      const headers = { Origin: ORIGIN };
      const response = await request(app(), { method: 'OPTIONS', path: '/files', headers });

      expect(response.status).toBe(204);
      expect(response.headers['tus-version']).toBe('1.0.0');
      expectGranted(response);
      expect(lowered(response.headers['access-control-expose-headers'])).toContain('tus-version');
    });

    it('C6: private networks are not granted unless configured', async () => {
      const response = await preflight(app(), { privateNetwork: true });

      expect(response.headers['access-control-allow-private-network']).toBeUndefined();
    });
  });

  it('C1: a preflight of the cors option says how long it holds', async () => {
    const response = await preflight(byOption(), {});

    expect(response.headers['access-control-max-age']).toBe('86400');
  });
});

describe.each(PLATFORMS)('CORS for anybody with credentials, on %s', (platform) => {
  it.each([{}, { origin: '*' }, { origin: true }, { origin: [ORIGIN, 'null'] }, { origin: /./ }])(
    'C3: it does not start with %j',
    async (cors) => {
      const start = startApp({ platform, tus: { cors: { ...cors, credentials: true } } });

      await expect(start).rejects.toThrow(/"cors.credentials" cannot be true\..* Name the sites/);
    },
  );
});

describe.each(PLATFORMS)('CORS for one origin with credentials, on %s', (platform) => {
  const cors = {
    origin: ORIGIN,
    credentials: true,
    maxAge: 60,
    privateNetwork: true,
    allowedHeaders: ['X-Tenant'],
    exposedHeaders: ['X-Video-Id'],
  };
  const byOption = useApp({ platform, tus: { cors } });
  const byNest = useApp({
    platform,
    configure: (nest) =>
      nest.enableCors({
        origin: [ORIGIN],
        credentials: true,
        methods: ['GET', 'PUT'],
        exposedHeaders: ['X-Video-Id'],
      }),
  });
  const ways = [
    ['the cors option', byOption],
    ['enableCors()', byNest],
  ] as const;

  it.each(ways)('C3: with %s the origin is echoed, and no list is a star', async (_name, app) => {
    const responses = [
      await preflight(app(), { headers: SENT }),
      await post(app(), { length: 5, headers: { Origin: ORIGIN } }),
      await post(app(), { headers: { Origin: ORIGIN, 'Upload-Length': 'x' } }),
    ];

    for (const response of responses) {
      expect(response.headers['access-control-allow-origin']).toBe(ORIGIN);
      expect(response.headers['access-control-allow-credentials']).toBe('true');
      expect(lowered(response.headers.vary)).toContain('origin');
      for (const name of ['allow-headers', 'allow-methods', 'expose-headers'] as const) {
        expect(listOf(response.headers[`access-control-${name}`])).not.toContain('*');
      }
    }
  });

  it.each(ways)('C4: with %s another origin is granted nothing', async (_name, app) => {
    const origin = 'https://evil.example';
    const responses = [
      await preflight(app(), { origin }),
      await post(app(), { length: 5, headers: { Origin: origin } }),
      await preflight(app(), { origin: `${ORIGIN}.evil.example` }),
      await preflight(app(), { origin: 'null' }),
    ];

    for (const response of responses) {
      expect(response.headers['access-control-allow-origin']).toBeUndefined();
    }
  });

  it('C4: a request without Origin is served without Access-Control-Allow-Origin', async () => {
    const response = await post(byOption(), { length: 5 });

    expect(response.status).toBe(201);
    expect(response.headers['access-control-allow-origin']).toBeUndefined();
  });

  it('C1: options of the cors option are followed', async () => {
    const response = await preflight(byOption(), {});
    const created = await post(byOption(), { length: 5, headers: { Origin: ORIGIN } });

    expect(response.headers['access-control-max-age']).toBe('60');
    const granted = lowered(response.headers['access-control-allow-headers']);
    expect(granted).toEqual(expect.arrayContaining(['x-tenant', 'tus-resumable']));
    const shown = lowered(created.headers['access-control-expose-headers']);
    expect(shown).toEqual(expect.arrayContaining(['x-video-id', 'location']));
  });

  it('C1: what enableCors() grants by itself stays granted, beside what uploads need', async () => {
    const response = await preflight(byNest(), { method: 'PATCH' });
    const created = await post(byNest(), { length: 5, headers: { Origin: ORIGIN } });

    const methods = listOf(response.headers['access-control-allow-methods']);
    expect(methods).toEqual(expect.arrayContaining(['GET', 'PUT', 'PATCH', 'DELETE']));
    const shown = lowered(created.headers['access-control-expose-headers']);
    expect(shown).toEqual(expect.arrayContaining(['x-video-id', 'location']));
  });

  it('C6: private networks are granted where configured and asked for', async () => {
    const asked = await preflight(byOption(), { privateNetwork: true });
    const notAsked = await preflight(byOption(), {});

    expect(asked.headers['access-control-allow-private-network']).toBe('true');
    expect(notAsked.headers['access-control-allow-private-network']).toBeUndefined();
  });
});

describe.each(PLATFORMS)('no CORS on %s', (platform) => {
  const app = useApp({ platform });

  it('C4: nothing is granted that nobody asked to grant', async () => {
    const responses = [
      await preflight(app(), {}),
      await post(app(), { length: 5, headers: { Origin: ORIGIN } }),
      await post(app(), { length: 5, metadata: encodeMetadata({ a: 'b' }) }),
    ];

    for (const response of responses) {
      const names = Object.keys(response.headers);
      expect(names.filter((name) => name.startsWith('access-control-'))).toEqual([]);
    }
  });
});

@Controller({ path: 'videos', version: '1' })
class VersionedEndpoint {
  @TusEndpoint()
  upload(): void {}
}

describe.each(PLATFORMS)('CORS where routes have versions, on %s', (platform) => {
  const extractor = (request: unknown): string => {
    const { headers } = request as { headers: Record<string, string | undefined> };
    if (headers['x-custom'] === undefined) throw new BadRequestException('Which version?');
    return headers['x-custom'];
  };
  const kinds: [string, VersioningOptions, HeaderValues][] = [
    ['header', { type: VersioningType.HEADER, header: 'X-Version' }, { 'X-Version': '1' }],
    ['media type', { type: VersioningType.MEDIA_TYPE, key: 'v=' }, { Accept: 'a/json;v=1' }],
    ['custom', { type: VersioningType.CUSTOM, extractor }, { 'X-Custom': '1' }],
  ];
  const ways: [string, TusOptions, (nest: INestApplication) => void][] = [
    ['the cors option', { cors: true }, () => undefined],
    ['enableCors()', {}, (nest) => nest.enableCors()],
  ];
  const cases = kinds.flatMap(([kind, options, headers]) =>
    ways.map(([way, tus, configure]): [string, string, StartAppOptions, HeaderValues] => [
      kind,
      way,
      {
        platform,
        tus: { version: '1', ...tus },
        controllers: [VersionedEndpoint],
        configure: (nest) => configure(nest.enableVersioning(options)),
      },
      headers,
    ]),
  );

  it.each(cases)('C1: by %s, preflights name none, with %s', async (_k, _w, options, version) => {
    const app = await startApp(options);
    const id = '0'.repeat(32);
    const paths = ['/files', '/files/', `/files/${id}`, `/files/${id}/`];

    for (const path of [...paths, '/videos', `/videos/${id}`]) {
      const response = await preflight(app, { path, method: 'PATCH' });

      expect([200, 204]).toContain(response.status);
      expectGranted(response);
      const methods = listOf(response.headers['access-control-allow-methods']);
      expect(methods).toEqual(expect.arrayContaining(METHODS));
    }
    const created = await post(app, { length: 5, headers: { Origin: ORIGIN, ...version } });
    expect(created.status).toBe(201);
    expectGranted(created);
    await app.close();
  });

  it.each(kinds)('C5: by %s, OPTIONS that names none is the tus answer', async (_k, options) => {
    const app = await startApp({
      platform,
      tus: { version: '1' },
      configure: (nest) => void nest.enableVersioning(options),
    });

    const response = await request(app, { method: 'OPTIONS', path: '/files' });

    expect(response.status).toBe(204);
    expect(response.headers['tus-version']).toBe('1.0.0');
    await app.close();
  });

  it('C1: instances of several versions may share a path', async () => {
    const instance = (tmpFileDir: string, version?: string) =>
      TusModule.forRoot({ name: `v${version}`, tmpFileDir: tmpFileDir + version, version });
    const app = await startApp({
      platform,
      tus: { version: '1' },
      imports: (folder) => [instance(folder, '2'), instance(folder)],
      configure: (nest) => {
        nest.enableVersioning({ type: VersioningType.HEADER, header: 'X-Version' });
        nest.enableCors();
      },
    });

    const response = await preflight(app, { method: 'PATCH' });
    const statuses = ['1', '2', undefined].map(async (version) => {
      const headers = { 'X-Version': version };
      return (await create(app, { length: 5, headers })).response.status;
    });

    expectGranted(response);
    expect(listOf(response.headers['access-control-allow-methods'])).toContain('PATCH');
    expect(await Promise.all(statuses)).toEqual([201, 201, 201]);
    await app.close();
  });
});

interface Preflight {
  readonly path?: string;
  readonly method?: string;
  readonly origin?: string;
  readonly headers?: readonly string[];
  readonly privateNetwork?: boolean;
}

function preflight(app: TestApp, options: Preflight): Promise<HttpResponse> {
  const { path = '/files', method = 'POST', origin = ORIGIN, headers = Object.keys(TUS) } = options;
  return request(app, {
    method: 'OPTIONS',
    path,
    headers: {
      Origin: origin,
      'Access-Control-Request-Method': method,
      'Access-Control-Request-Headers': headers.join(',').toLowerCase(),
      ...(options.privateNetwork && { 'Access-Control-Request-Private-Network': 'true' }),
    },
  });
}

function expectGranted(response: HttpResponse): void {
  const origin = response.headers['access-control-allow-origin'];
  expect(['*', ORIGIN]).toContain(origin);
  if (origin === ORIGIN) {
    expect(lowered(response.headers.vary)).toContain('origin');
  }
}

function lowered(header: string | undefined): string[] {
  return listOf(header).map((element) => element.toLowerCase());
}
