import { ConflictException, ForbiddenException, Injectable } from '@nestjs/common';
import { mkdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { Agent } from 'node:http';
import { join } from 'node:path';
import * as tus from 'tus-js-client';
import { BeforeUploadCreate, TusOptionError, UploadIdTakenError } from '../../lib/index.js';
import type { UploadChanges, UploadDraft } from '../../lib/index.js';
import {
  create,
  eventually,
  expectHeadRefused,
  expectRefused,
  head,
  listFiles,
  makeTempFolder,
  OCTETS,
  offsetOf,
  patch,
  PLATFORMS,
  post,
  rawHead,
  removeTempFolder,
  request,
  startApp,
  terminate,
  useApp,
} from '../support/index.js';
import type { HttpResponse, TestApp, TusOptions } from '../support/index.js';
import { useClock } from '../support/clock.js';
import { endpointOf, sendTo, WITH_ENDPOINT } from './endpoint-controller.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const LONGEST = `a${'b'.repeat(99)}`;

interface Asked {
  readonly draft: UploadDraft;
  readonly request?: object;
}

/** What the app was asked for ids with, oldest first. */
const asked: Asked[] = [];

/** Ids as the metadata `id` says; random ones without. */
const BY_METADATA: TusOptions = {
  uploadId(draft, req) {
    asked.push({ draft, ...(req && { request: req }) });
    if (draft.metadata['id'] === 'none of yours') throw new ForbiddenException('None of yours.');
    if (draft.metadata['id'] === 'broken') throw new Error('The database is down.');
    return Promise.resolve(draft.metadata['id']);
  },
};

@Injectable()
class Desk {
  answer: UploadChanges | undefined;
  refuses = false;

  @BeforeUploadCreate()
  decide(): UploadChanges | undefined {
    if (this.refuses) throw new ConflictException('Not now.');
    return this.answer;
  }
}

function withId(id: string, body?: string): Parameters<typeof post>[1] {
  return { length: 5, metadata: { id }, ...(body !== undefined && { body }) };
}

/** The bytes of a finished upload. */
async function bytesOf(app: TestApp, id: string): Promise<string> {
  return readFile(await app.tus.getFilepath(id), 'utf8');
}

/** Sends a file with tus-js-client. */
async function send(app: TestApp, options: tus.UploadOptions): Promise<string> {
  const agent = new Agent({ keepAlive: true });
  const httpStack = new tus.DefaultHttpStack({ agent });
  try {
    return await new Promise<string>((resolve, reject) => {
      const upload = new tus.Upload(Buffer.from('hello, world'), {
        endpoint: `${app.url}/files`,
        retryDelays: [0, 10],
        httpStack,
        ...options,
        onSuccess: () => resolve(upload.url ?? ''),
        onError: reject,
      });
      upload.start();
    });
  } finally {
    agent.destroy();
  }
}

describe.each(PLATFORMS)('ids that the app gives, on %s', (platform) => {
  const app = useApp({
    platform,
    tus: BY_METADATA,
    controllers: WITH_ENDPOINT.controllers,
    providers: [Desk, ...WITH_ENDPOINT.providers],
  });
  const desk = () => app().nest.get(Desk);

  beforeEach(() => {
    asked.length = 0;
    desk().answer = undefined;
    desk().refuses = false;
  });

  it('are those of uploads, from the first request to the last', async () => {
    const id = 'video-000042_a';
    const upload = await create(app(), withId(id));
    expect(upload.location).toBe(`/files/${id}`);
    expect(await offsetOf(app(), upload)).toBe(0);
    expect((await patch(app(), upload, { body: 'he' })).headers['upload-offset']).toBe('2');
    expect((await patch(app(), upload, { offset: 2, body: 'llo' })).status).toBe(204);

    const finished = await app().finished.of(id);
    expect(finished).toMatchObject({ id, size: 5 });
    expect(await readFile(finished.path, 'utf8')).toBe('hello');
    expect(await app().tus.find(id)).toMatchObject({ id, state: 'finished' });
    await app().tus.terminate(id);
    expectHeadRefused(await head(app(), upload), 410);
  });

  it.each(['X', LONGEST, 'cleanup', 'd41d8cd98f00b204e9800998ecf8427e'])(
    'may be %p',
    async (id) => {
      const upload = await create(app(), withId(id, 'hello'));

      expect(upload.location).toBe(`/files/${id}`);
      expect(await offsetOf(app(), upload)).toBe(5);
      expect(await app().tus.cleanup()).toMatchObject({ expired: 0, removed: 0 });
      expect(await bytesOf(app(), id)).toBe('hello');
    },
  );

  it('are random where the app gives none', async () => {
    const { id } = await create(app(), { length: 5, body: 'hello' });

    expect(id).toMatch(/^[0-9a-f]{32}$/);
    expect(asked).toHaveLength(1);
  });

  it('are asked for last, with the upload as it will be, and with the request', async () => {
    desk().answer = { metadata: { id: 'changed-1', kind: 'report' }, owner: 'ann' };

    const { id } = await create(app(), {
      length: 5,
      metadata: { id: 'sent-1' },
      headers: { 'X-Team': 'red' },
    });

    expect(id).toBe('changed-1');
    expect(asked).toEqual([
      {
        draft: expect.objectContaining({
          metadata: { id: 'changed-1', kind: 'report' },
          owner: 'ann',
          length: 5,
          partial: false,
        }),
        request: expect.objectContaining({
          headers: expect.objectContaining({ 'x-team': 'red' }),
        }),
      },
    ]);
  });

  it('are not asked for where a method has refused the upload', async () => {
    desk().refuses = true;

    expect((await post(app(), withId('refused-1'))).status).toBe(409);
    expect(asked).toEqual([]);
  });

  it.each(['NUL', `${LONGEST}c`, '../x', ''])(
    'are a fault of the app where they cannot be one, as %j',
    async (id) => {
      const logged = app().logs.errors().length;

      const response = await post(app(), withId(id, 'hello'));

      expectRefused(response, 500);
      expect(response.text).not.toContain('uploadId');
      expect(app().logs.errors().slice(logged)).toEqual([
        expect.stringMatching(/A new upload failed on POST: .*option "uploadId" cannot be /s),
      ]);
      expect((await app().tus.list({ state: 'receiving' })).items).not.toContainEqual(
        expect.objectContaining({ id }),
      );
    },
  );

  it('may be refused in words of the app’s own', async () => {
    const response = await post(app(), withId('none of yours', 'hello'));

    expect(response.status).toBe(403);
    expect(response.text).toContain('None of yours.');
  });

  it('that cannot be told are a fault, logged once', async () => {
    const logged = app().logs.errors().length;

    expectRefused(await post(app(), withId('broken', 'hello')), 500);
    expect(app().logs.errors().slice(logged)).toEqual([
      expect.stringContaining('A new upload failed on POST: The database is down.'),
    ]);
  });

  it.each<[string, (upload: { path: string }) => Promise<unknown>]>([
    ['unfinished', () => Promise.resolve()],
    ['finished', (upload) => patch(app(), upload, { body: 'first' })],
    ['terminated', (upload) => terminate(app(), upload)],
  ])('are refused with 409 while another upload has them that is %s', async (state, come) => {
    const id = `taken-${state}`;
    const upload = await create(app(), withId(id));
    await come(upload);
    const before = await app().tus.find(id);
    const logged = app().logs.errors().length;

    for (const again of [withId(id), withId(id, 'other'), withId(id.toUpperCase(), 'other')]) {
      const response = await post(app(), again);
      expectRefused(response, 409);
      expect(response.text).toMatch(/^The upload id "taken-\w+" is taken\.\n$/i);
      expect(response.headers.location).toBeUndefined();
    }

    expect(await app().tus.find(id)).toEqual(before);
    expect(await app().tus.find(id.toUpperCase())).toBeUndefined();
    expectHeadRefused(await head(app(), { path: `/files/${id.toUpperCase()}` }), 404);
    expect(app().logs.errors().slice(logged)).toEqual([]);
  });

  it('do not disturb the upload that has them and is being written', async () => {
    const upload = await create(app(), withId('busy-1'));
    const connection = await app().connect();
    const lines = ['Tus-Resumable: 1.0.0', `Content-Type: ${OCTETS}`, 'Upload-Offset: 0'];
    await connection.write(rawHead('PATCH', upload.path, [...lines, 'Content-Length: 5']));
    await connection.write('he');
    await eventually(async () => expect((await app().tus.find('busy-1'))?.offset).toBe(2));

    expectRefused(await post(app(), withId('busy-1', 'other')), 409);

    await connection.write('llo');
    expect((await connection.response()).status).toBe(204);
    expect(await bytesOf(app(), 'busy-1')).toBe('hello');
  });

  it.each([
    ['no bytes', undefined],
    ['bytes', 'hello'],
  ])('go to one of many creations at once, with %s', async (what, body) => {
    const id = `race-${what.replace(' ', '-')}`;
    const creations = Array.from({ length: 20 }, () => post(app(), withId(id, body)));

    const answers = await Promise.all(creations);

    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([201, ...Array<number>(19).fill(409)]);
    const bytes = body?.length ?? 0;
    expect(await app().tus.find(id)).toMatchObject({ offset: bytes });
  });

  it('go to one of many creations at once, in whatever case', async () => {
    const ids = ['Mixed-1', 'mixed-1', 'MIXED-1'];
    const creations = ids.map((id) => post(app(), withId(id, 'hello')));

    const answers = await Promise.all(creations);

    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
    const winner = ids[answers.findIndex(({ status }) => status === 201)]!;
    expect(await bytesOf(app(), winner)).toBe('hello');
  });

  it('are given to creations though others look for them meanwhile', async () => {
    const path = '/files/awaited-1';
    const looks = () => Array.from({ length: 10 }, () => patch(app(), { path }, { body: 'x' }));
    const before = looks();

    const creation = await post(app(), withId('awaited-1'));
    await Promise.all(before);

    expect(creation.status).toBe(201);
  });

  it('are not given where the bytes of a lost upload lie under their name', async () => {
    await writeFile(join(app().tmpFileDir, 'lost-1.tus'), 'precious');

    expectRefused(await post(app(), withId('lost-1', 'hello')), 409);
    await expect(app().tus.create({ id: 'lost-1' })).rejects.toThrow(UploadIdTakenError);
    expect(await readFile(join(app().tmpFileDir, 'lost-1.tus'), 'utf8')).toBe('precious');
  });

  it('may be the names of files and folders of others in tmpFileDir, which stay as they are', async () => {
    await writeFile(join(app().tmpFileDir, 'notes'), 'mine');
    await mkdir(join(app().tmpFileDir, 'avatars'));

    for (const id of ['notes', 'avatars']) {
      await create(app(), withId(id, 'hello'));
      expect(await bytesOf(app(), id)).toBe('hello');
      await app().tus.terminate(id);
    }

    expect(await readFile(join(app().tmpFileDir, 'notes'), 'utf8')).toBe('mine');
    expect(await listFiles(app().tmpFileDir)).not.toContain('notes.tus');
  });

  it('keep their own file where a method wants another one where it lies', async () => {
    await create(app(), withId('placed-1'));
    for (const path of ['placed-1.tus', 'PLACED-1.TUS', '.tus', '.placed-1.tus.moving']) {
      desk().answer = { path };
      expectRefused(await post(app(), withId('placed-2', 'other')), 500);
    }
    desk().answer = { path: 'placed-1' };
    await create(app(), withId('placed-2', 'other'));

    await patch(app(), { path: '/files/placed-1' }, { body: 'hello' });
    expect(await bytesOf(app(), 'placed-1')).toBe('hello');
    expect(await bytesOf(app(), 'placed-2')).toBe('other');
  });

  it('are asked for by create(), without a request', async () => {
    const created = await app().tus.create({ length: 5, metadata: { id: 'made-1' } });

    expect(created).toEqual({ id: 'made-1', url: '/files/made-1' });
    expect(asked).toEqual([{ draft: expect.objectContaining({ metadata: { id: 'made-1' } }) }]);
    expect((await patch(app(), { path: created.url }, { body: 'hello' })).status).toBe(204);
    expect(await bytesOf(app(), 'made-1')).toBe('hello');
  });

  it('may be told to create(), which then asks for none', async () => {
    const { id } = await app().tus.create({ id: 'told-1', length: 5, metadata: { id: 'other' } });

    expect(id).toBe('told-1');
    expect(asked).toEqual([]);
    await expect(app().tus.create({ id: 'told-1' })).rejects.toThrow(UploadIdTakenError);
    await expect(app().tus.create({ id: 'TOLD-1' })).rejects.toThrow(UploadIdTakenError);
    await expect(app().tus.create({ id: '../x' })).rejects.toThrow(TusOptionError);
  });

  it('have what is made of parts found by them', async () => {
    const headers = { 'Upload-Concat': 'partial' };
    for (const [index, body] of ['hel', 'lo'].entries()) {
      const metadata = { id: `part-${index}` };
      await create(app(), { length: body.length, body, metadata, headers });
    }
    expect(asked.map(({ draft }) => draft.partial)).toEqual([true, true]);

    const whole = (id: string) =>
      request(app(), {
        method: 'POST',
        path: '/files',
        headers: {
          'Tus-Resumable': '1.0.0',
          'Upload-Concat': 'final;/files/part-0 /files/part-1',
          'Upload-Metadata': `id ${Buffer.from(id).toString('base64')}`,
        },
      });
    const answers = await Promise.all(Array.from({ length: 5 }, () => whole('whole-1')));

    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409]);
    expect(await bytesOf(app(), 'whole-1')).toBe('hello');
    expectRefused(await whole('part-0'), 409);
  });

  it('are those of uploads to an endpoint', async () => {
    const sent = await sendTo(app(), 'hello', { metadata: { id: 'clip-1' } });

    expect(sent.location).toBe('/videos/clip-1');
    expect(JSON.parse(sent.answer.text)).toEqual({ size: 5 });
    expect(endpointOf(app()).countOf('clip-1')).toBe(1);
    expectHeadRefused(await head(app(), { path: '/files/clip-1' }), 404);
    expectRefused(await post(app(), withId('clip-1')), 409);
  });

  it('work with tus-js-client, whole, in chunks and in parts', async () => {
    const ways: [string, tus.UploadOptions][] = [
      ['js-whole', {}],
      ['js-chunks', { chunkSize: 5 }],
      ['js-creation', { uploadDataDuringCreation: true }],
      ['js-parts', { parallelUploads: 3 }],
    ];
    for (const [id, options] of ways) {
      expect(await send(app(), { metadata: { id }, ...options })).toBe(`${app().url}/files/${id}`);
      expect(await bytesOf(app(), id)).toBe('hello, world');
    }
    const taken = send(app(), { metadata: { id: 'js-whole' } });
    await expect(taken).rejects.toThrow(/response code: 409/);
  });
});

describe.each(PLATFORMS)('ids that sort, on %s', (platform) => {
  let next = 0;
  const app = useApp({
    platform,
    tus: { uploadId: () => `order-${String(++next).padStart(6, '0')}` },
  });

  it('are in order, however many are given at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => post(app(), { length: 5, body: 'hello' })),
    );

    const ids = answers.map(({ headers }) => headers.location?.slice('/files/'.length)).sort();
    expect(ids).toEqual(Array.from({ length: 50 }, (_, n) => `order-0000${pad(n + 1)}`));
    const { items } = await app().tus.list({ state: 'finished' });
    expect(items.map(({ id }) => id).sort()).toEqual(ids);
  });
});

describe.each(PLATFORMS)('ids that can be guessed, on %s', (platform) => {
  const app = useApp({
    platform,
    tus: {
      ...BY_METADATA,
      owner: (req) => (req as { headers: Record<string, string> }).headers['x-user'],
      download: true,
    },
  });

  it('are no upload to anybody but the owner', async () => {
    const ann = { 'X-User': 'ann' };
    const upload = await create(app(), { ...withId('invoice-1'), headers: ann });
    const bob = { 'X-User': 'bob' };

    const answers = [
      await head(app(), upload, bob),
      await patch(app(), upload, { body: 'hello', headers: bob }),
      await request(app(), { path: upload.path, headers: bob }),
      await terminate(app(), upload, bob),
    ];

    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404]);
    expect((await patch(app(), upload, { body: 'hello', headers: ann })).status).toBe(204);
  });
});

describe.each(PLATFORMS)('ids that the app gave and a restart, on %s', (platform) => {
  let folder: string;
  let app: TestApp;
  beforeEach(async () => {
    folder = await makeTempFolder();
    app = await start();
  });
  afterEach(async () => {
    await app.close();
    await removeTempFolder(folder);
  });

  const start = (tus: TusOptions = BY_METADATA): Promise<TestApp> =>
    startApp({ platform, tmpFileDir: folder, tus: { uploadValidDuration: '2h', ...tus } });

  async function restart(tus?: TusOptions): Promise<void> {
    await app.close();
    app = await start(tus);
  }

  /** Puts a file into the folder that was last written some time ago. */
  async function leave(name: string, age = 3 * HOUR): Promise<void> {
    const path = join(folder, name);
    const at = (Date.now() - age) / 1000;
    await writeFile(path, name);
    await utimes(path, at, at);
  }

  const recovered = (): Promise<string> =>
    eventually(() => {
      const lines = [...app.logs.of('log'), ...app.logs.of('verbose')];
      const line = lines.find((each) => /recover/i.test(each));
      expect(line).toBeDefined();
      return line!;
    });

  it.each([
    ['with', BY_METADATA],
    ['without', {}],
  ])('are those of the same uploads afterwards, %s the option', async (_, tus) => {
    const upload = await create(app, withId('resumed-1', 'he'));
    await create(app, withId('whole-1', 'hello'));

    await restart(tus);

    expect(await offsetOf(app, upload)).toBe(2);
    expect((await patch(app, upload, { offset: 2, body: 'llo' })).status).toBe(204);
    for (const id of ['resumed-1', 'whole-1']) expect(await bytesOf(app, id)).toBe('hello');
    const again = await post(app, withId('whole-1'));
    expect(again.status).toBe(tus === BY_METADATA ? 409 : 201);
  });

  it('are those of files that are put aside when nothing is known of them, and of no others', async () => {
    await app.close();
    const others = ['notes', 'report-1', 'data.txt', 'a b.tus', 'con.tus', '.x.tus'];
    for (const name of [...others, 'lost-1.tus', '.lost-1.tus.moving']) await leave(name);
    await leave('young-1.tus', 1.5 * HOUR);

    app = await start();

    expect(await recovered()).toMatch(
      /Recovered: 1 file without a record put aside \(.*lost-1\.tus\), 1 temporary file removed\./,
    );
    const files = (await listFiles(folder)).filter((name) => !/mdb$|processes|reserve/.test(name));
    const lost = join('.tus', 'lost', 'lost-1.tus');
    expect(files).toEqual([...others, lost, 'young-1.tus'].sort());
    expect(await readFile(join(folder, lost), 'utf8')).toBe('lost-1.tus');
  });
});

describe.each(PLATFORMS)('ids that the app gave and cleanup, on %s', (platform) => {
  const clock = useClock();
  const app = useApp({
    platform,
    tus: { ...BY_METADATA, cleanup: { every: false, rememberFor: '2d' } },
  });

  it('are free again when the upload is forgotten, and not before', async () => {
    await create(app(), withId('again-1', 'he'));
    clock.advance(DAY + HOUR);
    expect(await app().tus.cleanup()).toEqual({ expired: 1, removed: 0, forgotten: 0 });
    expect((await listFiles(app().tmpFileDir)).filter((name) => !name.startsWith('.'))).toEqual([]);
    expectRefused(await post(app(), withId('again-1')), 409);

    clock.advance(2 * DAY);
    expect(await app().tus.cleanup()).toEqual({ expired: 0, removed: 0, forgotten: 1 });

    const upload: { response: HttpResponse } = await create(app(), withId('AGAIN-1', 'hello'));
    expect(upload.response.headers['upload-offset']).toBe('5');
    expect(await bytesOf(app(), 'AGAIN-1')).toBe('hello');
  });
});

function pad(number: number): string {
  return String(number).padStart(2, '0');
}
