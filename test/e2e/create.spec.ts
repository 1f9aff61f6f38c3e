import { BadRequestException, Injectable, RequestMethod, VersioningType } from '@nestjs/common';
import type { INestApplication, Type } from '@nestjs/common';
import { RouterModule } from '@nestjs/core';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tus from 'tus-js-client';
import { BeforeUploadCreate, TusModule, TusOptionError, getTusToken } from '../../lib/index.js';
import type { NewUploadInput, UploadChanges, UploadDraft } from '../../lib/index.js';
import {
  FinishedRecorder,
  PLATFORMS,
  expectRefused,
  head,
  offsetOf,
  patch,
  startApp,
  useApp,
} from '../support/index.js';
import type { HeaderValues, StartAppOptions, TestApp } from '../support/index.js';

/** The URL of a new upload is where a client can send it. */
async function expectServed(app: TestApp, headers: HeaderValues = {}): Promise<string> {
  const { id, url } = await app.tus.create({ length: 5 });
  const response = await patch(app, { path: url }, { body: 'hello', headers });
  expect(response.status).toBe(204);
  expect((await app.finished.of(id)).size).toBe(5);
  return url.replace(id, '');
}

const excluding = (nest: INestApplication) =>
  void nest.setGlobalPrefix('api', {
    exclude: ['files', 'files/:id'].map((path) => ({ path, method: RequestMethod.ALL })),
  });

const inUrls = (nest: INestApplication) =>
  void nest.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' });

const inHeader = (nest: INestApplication) =>
  void nest.enableVersioning({ type: VersioningType.HEADER, header: 'X-Version' });

const SETUPS: [
  name: string,
  base: string,
  options: Omit<StartAppOptions, 'platform'>,
  headers: HeaderValues,
][] = [
  ['nothing else', '/files/', {}, {}],
  ['an upload path without slashes', '/up/loads/', { tus: { uploadPath: 'up/loads' } }, {}],
  ['an upload path that ends with one', '/up/', { tus: { uploadPath: '/up/' } }, {}],
  [
    'a global prefix',
    '/api/files/',
    { configure: (nest) => void nest.setGlobalPrefix('/api/') },
    {},
  ],
  ['a global prefix that excludes it', '/files/', { configure: excluding }, {}],
  ['versions in URLs', '/files/', { configure: inUrls }, {}],
  ['a version in URLs', '/v2/files/', { configure: inUrls, tus: { version: '2' } }, {}],
  [
    'a version in a header',
    '/files/',
    { configure: inHeader, tus: { version: '2' } },
    { 'X-Version': '2' },
  ],
  [
    'all of it',
    '/api/v2/media/files/',
    {
      tus: { version: '2' },
      configure: (nest) => {
        nest.setGlobalPrefix('api');
        inUrls(nest);
      },
      imports: [RouterModule.register([{ path: 'media', module: TusModule }])],
    },
    {},
  ],
];

describe.each(PLATFORMS)('TusService.create() on %s', (platform) => {
  it.each(SETUPS)('knows the URL with %s', async (_name, base, options, headers) => {
    const app = await startApp({ platform, ...options });

    expect(await expectServed(app, headers)).toBe(base);
    await app.close();
  });

  it.each([
    ['https://cdn.example/up', 'https://cdn.example/up/'],
    ['https://cdn.example/up/', 'https://cdn.example/up/'],
    ['request', '/files/'],
  ])('knows the public URL %s', async (publicUrl, base) => {
    const app = await startApp({ platform, tus: { publicUrl } });

    const { id, url } = await app.tus.create({ length: 5 });

    expect(url).toBe(`${base}${id}`);
    expect((await head(app, { path: `/files/${id}` })).headers['upload-length']).toBe('5');
    await app.close();
  });

  it('fails clearly where only a request would tell the path', async () => {
    const uploadPath = 'tenants/:tenant/files';
    const app = await startApp({ platform, tus: { uploadPath } });

    await expect(app.tus.create({ length: 5 })).rejects.toThrow(
      'The upload path "/tenants/:tenant/files" has parameters, so the URL of an upload that the ' +
        'server creates is unknown. Set publicUrl.',
    );
    expect((await app.tus.list()).items).toEqual([]);
    await app.close();
  });

  it('is there for each instance', async () => {
    const app = await startApp({
      platform,
      imports: (folder) => [
        TusModule.forRoot({ name: 'a', uploadPath: '/a', tmpFileDir: `${folder}-a` }),
      ],
    });

    const { id, url } = await app.nest.get(getTusToken('a'), { strict: false }).create();

    expect(url).toBe(`/a/${id}`);
    expect(await offsetOf(app, { path: url })).toBe(0);
    await app.close();
  });
});

describe.each(PLATFORMS)('An upload that the server has created on %s', (platform) => {
  const app = useApp({
    platform,
    tus: {
      maxSize: 100,
      owner: (request) => (request as { headers: HeaderValues }).headers['x-user'] as string,
    },
  });

  it('is what the server has said', async () => {
    const metadata = { filename: 'Über.txt', empty: '' };
    const { id, url } = await app().tus.create({
      length: 5,
      metadata,
      owner: 'ada',
      path: 'shelf/of ada/a.txt',
    });

    expect(await app().tus.find(id)).toMatchObject({
      state: 'receiving',
      offset: 0,
      length: 5,
      metadata,
      filename: 'Über.txt',
      owner: 'ada',
    });
    const headers = { 'X-User': 'ada' };
    expectRefused(await patch(app(), { path: url }, { body: 'hello' }), 404);
    expect((await patch(app(), { path: url }, { body: 'hello', headers })).status).toBe(204);
    const finished = await app().finished.of(id);
    expect(finished).toMatchObject({ metadata, owner: 'ada', size: 5 });
    expect(finished.path).toBe(join(app().tmpFileDir, 'shelf/of ada/a.txt'));
    expect(await readFile(finished.path, 'utf8')).toBe('hello');
  });

  it('may have its length told by whoever sends it', async () => {
    const { url } = await app().tus.create();
    const headers = { 'Upload-Length': '5' };

    expect((await head(app(), { path: url })).headers['upload-defer-length']).toBe('1');
    expect((await patch(app(), { path: url }, { body: 'hello', headers })).status).toBe(204);
  });

  it.each([
    ['its own largest size', { maxSize: '1KB' }, '1024', '1025'],
    ['the one of the module', {}, '100', '101'],
  ])('has %s', async (_name, input, fits, tooMuch) => {
    const { url: small } = await app().tus.create(input);
    const { url: large } = await app().tus.create(input);
    const told = (length: string) => ({ headers: { 'Upload-Length': length } });

    expect((await patch(app(), { path: small }, told(fits))).status).toBe(204);
    expectRefused(await patch(app(), { path: large }, told(tooMuch)), 413);
  });

  it('may be empty, and is then finished by the first request', async () => {
    const { id, url } = await app().tus.create({ length: 0 });

    expect(await offsetOf(app(), { path: url })).toBe(0);
    expect((await app().finished.of(id)).size).toBe(0);
  });

  it.each<[name: string, input: NewUploadInput, error: Type<Error>]>([
    ['a length that is none', { length: 1.5 }, RangeError],
    ['a negative length', { length: -1 }, RangeError],
    ['a path out of the folder', { path: '../a.txt' }, RangeError],
    ['an absolute path', { path: '/etc/passwd' }, RangeError],
    ['a size that is none', { maxSize: 'huge' }, TusOptionError],
  ])('is not made with %s', async (_name, input, error) => {
    const before = (await app().tus.list({ limit: 1000 })).items.length;

    await expect(app().tus.create(input)).rejects.toThrow(error);
    expect((await app().tus.list({ limit: 1000 })).items).toHaveLength(before);
  });

  it('is not made longer than it may be', async () => {
    await expect(app().tus.create({ length: 101 })).rejects.toThrow(/100/);
    await expect(app().tus.create({ length: 11, maxSize: 10 })).rejects.toThrow(/10/);
  });

  it('is sent by tus-js-client', async () => {
    const content = randomBytes(100);
    const { id, url } = await app().tus.create({ length: content.length });
    await new Promise<void>((resolve, reject) => {
      const uploadUrl = `${app().url}${url}`;
      const client = new tus.Upload(content, {
        uploadUrl,
        chunkSize: 30,
        onError: reject,
        onSuccess: () => resolve(),
      });
      client.start();
    });

    const { path } = await app().finished.of(id);
    expect((await readFile(path)).equals(content)).toBe(true);
  });
});

@Injectable()
class CreateHook {
  readonly drafts: UploadDraft[] = [];

  @BeforeUploadCreate()
  async ask(draft: UploadDraft): Promise<UploadChanges | undefined> {
    await Promise.resolve();
    this.drafts.push(draft);
    if (draft.metadata.filename === 'bad') throw new BadRequestException('A bad name.');
    return { metadata: { ...draft.metadata, added: 'yes' }, path: 'placed.txt' };
  }
}

describe('@BeforeUploadCreate() and an upload that the server creates', () => {
  const app = useApp({ platform: 'express', providers: [FinishedRecorder, CreateHook] });

  it('is asked, without a request', async () => {
    const { id } = await app().tus.create({ length: 5, metadata: { filename: 'a' }, owner: 'ada' });

    const [draft] = app().nest.get(CreateHook).drafts;
    expect(draft).toEqual({
      metadata: { filename: 'a' },
      filename: 'a',
      length: 5,
      owner: 'ada',
      partial: false,
    });
    expect(await app().tus.find(id)).toMatchObject({ metadata: { filename: 'a', added: 'yes' } });
  });

  it('may refuse it', async () => {
    await expect(app().tus.create({ metadata: { filename: 'bad' } })).rejects.toThrow(
      BadRequestException,
    );
  });
});
