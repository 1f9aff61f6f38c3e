import { PLATFORMS, create, listOf, post, request, startApp, useApp } from '../support/index.js';
import type { HttpResponse, HttpTarget, TusOptions } from '../support/index.js';

const ALL = [
  'creation',
  'creation-with-upload',
  'creation-defer-length',
  'expiration',
  'checksum',
  'termination',
  'concatenation',
];

describe.each(PLATFORMS)('OPTIONS on %s', (platform) => {
  const app = useApp({ platform });

  it('T14: the creation URL answers 204 with Tus-Version', async () => {
    const response = await options(app());

    expect(response.status).toBe(204);
    expect(response.headers['tus-version']).toBe('1.0.0');
    expect(response.body).toHaveLength(0);
  });

  it('T15: Tus-Extension lists what works', async () => {
    const response = await options(app());

    expect(response.all('Tus-Extension')).toHaveLength(1);
    expect(listOf(response.headers['tus-extension'] as string).sort()).toEqual([...ALL].sort());
  });

  it('T17: there is no Tus-Max-Size where no maximum is set', async () => {
    expect((await options(app())).headers['tus-max-size']).toBeUndefined();
  });

  it('T18: Tus-Checksum-Algorithm lists what is verified, sha1 among it', async () => {
    const { headers } = await options(app());
    expect(headers['tus-checksum-algorithm']).toBe('sha1,sha256,sha512,md5,crc32');
  });

  it('T19: the answer carries Tus-Resumable', async () => {
    expect((await options(app())).all('Tus-Resumable')).toEqual(['1.0.0']);
  });

  it('T20: an upload URL answers as the creation URL does, known or not', async () => {
    const upload = await create(app(), { length: 5 });
    const expected = tusHeaders(await options(app()));

    for (const path of [upload.path, `/files/${'0'.repeat(32)}`]) {
      const response = await options(app(), path);
      expect(response.status).toBe(204);
      expect(tusHeaders(response)).toEqual(expected);
    }
  });

  const sets: [string, TusOptions['extensions'], readonly string[]][] = [
    ['only creation', ['creation'], ['creation']],
    ['no extension', [], []],
    ['creation and termination', ['termination', 'creation'], ['creation', 'termination']],
    ['all but expiration', allBut('expiration'), allBut('expiration')],
    ['all but termination', allBut('termination'), allBut('termination')],
  ];

  it.each(sets)('T16: with %s, exactly that is listed', async (_name, extensions, listed) => {
    const other = await startApp({ platform, tus: { extensions } });

    const response = await options(other);
    await other.close();

    expect(listOf(response.headers['tus-extension'] as string).sort()).toEqual([...listed].sort());
    expect(response.all('Tus-Extension')).toHaveLength(listed.length > 0 ? 1 : 0);
  });

  it.each(['creation-with-upload', 'creation-defer-length'] as const)(
    'T16: %s is never listed without creation',
    async (extension) => {
      const start = startApp({ platform, tus: { extensions: [extension, 'termination'] } });

      const listed = await start.then(
        async (other) => {
          const response = await options(other);
          await other.close();
          return response.headers['tus-extension'];
        },
        (error: Error) => error.message,
      );

      expect(listed).toMatch(/^termination$|creation/);
      expect(listOf(listed as string)).not.toContain(extension);
    },
  );

  it.each([
    [1000, '1000'],
    ['10MB', '10485760'],
  ])('T17: a maximum of %s is told as Tus-Max-Size', async (maxSize, told) => {
    const other = await startApp({ platform, tus: { maxSize } });

    const response = await options(other);
    await other.close();

    expect(response.headers['tus-max-size']).toBe(told);
  });
});

describe.each(PLATFORMS)('preflights on %s', (platform) => {
  const apps = [
    ['the cors option', useApp({ platform, tus: { cors: true } })],
    ['enableCors()', useApp({ platform, configure: (nest) => nest.enableCors() })],
  ] as const;

  it.each(apps)('T21: with %s, a preflight has CORS and tus headers', async (_name, app) => {
    const response = await request(app(), {
      method: 'OPTIONS',
      path: '/files',
      headers: { Origin: 'https://app.example', 'Access-Control-Request-Method': 'POST' },
    });

    expect(response.status).toBe(204);
    expect(response.headers['access-control-allow-origin']).toMatch(
      /^(\*|https:\/\/app\.example)$/,
    );
    expect(tusHeaders(response)).toEqual(tusHeaders(await options(app())));
    expect(response.headers['tus-extension']).toContain('creation');
  });

  it.each(apps)('T21: with %s, uploads still work', async (_name, app) => {
    expect((await post(app(), { length: 5 })).status).toBe(201);
  });
});

function allBut(extension: string): NonNullable<TusOptions['extensions']> {
  return ALL.filter((other) => other !== extension) as NonNullable<TusOptions['extensions']>;
}

function options(target: HttpTarget, path = '/files'): Promise<HttpResponse> {
  return request(target, { method: 'OPTIONS', path });
}

function tusHeaders(response: HttpResponse): Record<string, unknown> {
  const entries = Object.entries(response.headers).filter(([name]) => name.startsWith('tus-'));
  return Object.fromEntries(entries);
}
