import {
  Catch,
  Controller,
  Delete,
  Get,
  HttpException,
  Inject,
  Param,
  ParseIntPipe,
  Post,
  Req,
  StreamableFile,
} from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, unlink, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join, relative } from 'node:path';
import type { Readable } from 'node:stream';
import { firstValueFrom } from 'rxjs';
import { NoFileError, OnUploadFinished, TusService, UploadNotFoundError } from '../../lib/index.js';
import type { CreatedUpload as CreatedByServer, FinishedUpload, Upload } from '../../lib/index.js';
import {
  OCTETS,
  PLATFORMS,
  TUS,
  create,
  eventually,
  expectHeadRefused,
  head,
  offsetOf,
  patch,
  rawHead,
  startApp,
  storedBytes,
  terminate,
  uploadWhole,
  useApp,
} from '../support/index.js';
import type { CreatedUpload, RawConnection, TestApp } from '../support/index.js';
import { Calls } from '../support/calls.js';

const UNKNOWN = '0'.repeat(32);

async function textOf(stream: Readable): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}

/** Makes an upload whose handlers are all done. */
async function finish(app: TestApp, content: string): Promise<CreatedUpload> {
  const upload = await uploadWhole(app, content);
  await app.finished.of(upload.id);
  return upload;
}

/** Begins a PATCH of ten bytes and sends the first five of them, which are stored. */
async function beginAppend(app: TestApp, upload: CreatedUpload): Promise<RawConnection> {
  const connection = await app.connect();
  const lines = ['Tus-Resumable: 1.0.0', `Content-Type: ${OCTETS}`, 'Upload-Offset: 0'];
  await connection.write(`${rawHead('PATCH', upload.path, [...lines, 'Content-Length: 10'])}hello`);
  await eventually(async () => expect(await storedBytes(app, upload)).toHaveLength(5));
  return connection;
}

describe.each(PLATFORMS)('reading uploads on %s', (platform) => {
  const app = useApp({ platform, tus: { uploadValidDuration: '1h' } });

  it('tells what is known of one that is being received', async () => {
    const before = Date.now();
    const { id } = await create(app(), {
      length: 10,
      body: 'hello',
      metadata: { filename: 'a/b.txt', kind: 'text' },
    });

    const upload = await app().tus.find(id);

    expect(upload).toMatchObject({
      id,
      state: 'receiving',
      offset: 5,
      length: 10,
      filename: 'b.txt',
      metadata: { filename: 'a/b.txt', kind: 'text' },
    });
    expect(upload).not.toHaveProperty('path');
    expect(upload).not.toHaveProperty('endedAt');
    expect(upload).not.toHaveProperty('owner');
    expect(upload!.createdAt.getTime()).toBeGreaterThanOrEqual(before);
    expect(upload!.expiresAt!.getTime()).toBeGreaterThanOrEqual(before + 3_600_000);
  });

  it('tells what is known of one whose length is deferred', async () => {
    const { id } = await create(app());

    const upload = await app().tus.find(id);

    expect(upload).toMatchObject({ state: 'receiving', offset: 0 });
    expect(upload).not.toHaveProperty('length');
  });

  it('tells what is known of one that is finished', async () => {
    const { id } = await uploadWhole(app(), 'hello');

    const upload = await app().tus.find(id);

    expect(upload).toMatchObject({
      state: 'finished',
      offset: 5,
      length: 5,
      path: join(app().tmpFileDir, id),
    });
    expect(upload!.endedAt!.getTime()).toBeGreaterThanOrEqual(upload!.createdAt.getTime());
    expect(upload).not.toHaveProperty('expiresAt');
  });

  it('tells what is known of one that was terminated', async () => {
    const upload = await create(app(), { length: 10, body: 'hello' });
    await terminate(app(), upload);

    const found = await app().tus.find(upload.id);

    expect(found).toMatchObject({ state: 'terminated', offset: 0, length: 10 });
    expect(found!.endedAt).toBeInstanceOf(Date);
    expect(found).not.toHaveProperty('path');
  });

  it('knows nothing of an id that was never given', async () => {
    for (const id of [UNKNOWN, '', 'abc', '../x', 'x'.repeat(5000), '\u0000', 'é'.repeat(600)]) {
      expect(await app().tus.find(id)).toBeUndefined();
    }
  });

  it('gives the file, and parts of it', async () => {
    const { id } = await uploadWhole(app(), '0123456789');
    const { tus } = app();

    expect(await readFile(await tus.getFilepath(id), 'utf8')).toBe('0123456789');
    expect(await textOf(await tus.createReadStream(id))).toBe('0123456789');
    expect(await textOf(await tus.createReadStream(id, { start: 3 }))).toBe('3456789');
    expect(await textOf(await tus.createReadStream(id, { end: 3 }))).toBe('0123');
    expect(await textOf(await tus.createReadStream(id, { start: 2, end: 4 }))).toBe('234');
    expect(await textOf(await tus.createReadStream(id, { start: 10 }))).toBe('');
  });

  it('gives the file where it was moved to', async () => {
    const { id } = await finish(app(), '0123456789');
    const target = await app().tus.moveTo(id, join(app().folder!, 'read', 'moved'));

    expect(await app().tus.getFilepath(id)).toBe(target);
    expect(await textOf(await app().tus.createReadStream(id, { start: 8 }))).toBe('89');
    expect((await app().tus.find(id))?.path).toBe(target);
  });

  it('does not disturb one that is being written', async () => {
    const upload = await create(app(), { length: 10 });
    const connection = await beginAppend(app(), upload);

    const found = await app().tus.find(upload.id);
    const { items } = await app().tus.list({ state: 'receiving' });
    await connection.write('world');
    const response = await connection.response();

    expect(found).toMatchObject({ state: 'receiving', offset: 5 });
    expect(items.find(({ id }) => id === upload.id)?.offset).toBe(5);
    expect(response.status).toBe(204);
    expect((await app().finished.of(upload.id)).size).toBe(10);
  });
});

describe.each(PLATFORMS)('listing uploads on %s', (platform) => {
  const app = useApp({
    platform,
    tus: {
      owner: (request) => (request as { headers: Record<string, string> }).headers['x-user'],
    },
  });
  const idsOf = (page: { items: { id: string }[] }): string[] => page.items.map(({ id }) => id);
  const ada: string[] = [];
  const bob: string[] = [];
  const finished: string[] = [];

  beforeAll(async () => {
    for (let round = 0; round < 7; round++) {
      ada.push((await create(app(), { length: 5, headers: { 'X-User': 'ada' } })).id);
    }
    for (let round = 0; round < 2; round++) {
      const headers = { 'X-User': 'bob' };
      bob.push((await create(app(), { length: 5, headers })).id);
      finished.push((await create(app(), { length: 5, body: 'hello', headers })).id);
    }
  });

  it('goes by state, and from the oldest on in each', async () => {
    const page = await app().tus.list();

    const listed = page.items.map(({ state, createdAt }) => ({ state, at: createdAt.getTime() }));
    expect(idsOf(page).sort()).toEqual([...ada, ...bob, ...finished].sort());
    expect(listed.map(({ state }) => state)).toEqual([
      ...Array<string>(2).fill('finished'),
      ...Array<string>(9).fill('receiving'),
    ]);
    const times = listed.filter(({ state }) => state === 'receiving').map(({ at }) => at);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(page.cursor).toBeUndefined();
  });

  it('shows one owner’s only', async () => {
    expect(idsOf(await app().tus.list({ owner: 'ada' })).sort()).toEqual([...ada].sort());
    expect(idsOf(await app().tus.list({ owner: 'bob', state: 'finished' })).sort()).toEqual(
      [...finished].sort(),
    );
    expect(await app().tus.list({ owner: 'ada', state: 'finished' })).toEqual({ items: [] });
    expect(await app().tus.list({ owner: 'nobody' })).toEqual({ items: [] });
  });

  it.each([1, 2, 3, 7])('gives each once in pages of %d', async (limit) => {
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await app().tus.list({ owner: 'ada', state: 'receiving', limit, cursor });
      expect(page.items.length).toBeLessThanOrEqual(limit);
      seen.push(...idsOf(page));
      cursor = page.cursor;
    } while (cursor !== undefined);

    expect(seen).toHaveLength(ada.length);
    expect([...seen].sort()).toEqual([...ada].sort());
  });

  it('goes on behind the cursor, whatever has changed before it', async () => {
    const headers = { 'X-User': 'carl' };
    const made: CreatedUpload[] = [];
    for (let round = 0; round < 4; round++) made.push(await create(app(), { length: 5, headers }));
    const query = { owner: 'carl', state: 'receiving', limit: 2 } as const;
    const first = await app().tus.list(query);
    await app().tus.terminate(first.items[0]!.id);

    const second = await app().tus.list({ ...query, cursor: first.cursor });

    expect([...idsOf(first), ...idsOf(second)].sort()).toEqual(made.map(({ id }) => id).sort());
  });

  it.each(['nonsense', '', 'W10', Buffer.from('[1,2]').toString('base64url')])(
    'refuses the cursor "%s"',
    async (cursor) => {
      await expect(app().tus.list({ cursor })).rejects.toThrow(RangeError);
      await expect(app().tus.list({ cursor })).rejects.toThrow('cursor');
    },
  );

  it('refuses the cursor of another state', async () => {
    const { cursor } = await app().tus.list({ state: 'receiving', limit: 1 });

    await expect(app().tus.list({ state: 'finished', cursor })).rejects.toThrow(RangeError);
  });

  it.each([0, -1, 1.5, NaN])('refuses the limit %d', async (limit) => {
    await expect(app().tus.list({ limit })).rejects.toThrow(RangeError);
  });
});

/** What becomes of a finished file, and whether it is still to be had afterwards. */
const FATES: [string, (app: TestApp, id: string) => Promise<unknown>, boolean][] = [
  ['moveTo()', (app, id) => app.tus.moveTo(id, join(app.folder!, 'fates', id)), true],
  ['cleanupFile()', (app, id) => app.tus.cleanupFile(id), false],
  ['the app deleted it', async (app, id) => unlink(await app.tus.getFilepath(id)), false],
  [
    'the app renamed it',
    async (app, id) => rename(await app.tus.getFilepath(id), join(app.folder!, `own-${id}`)),
    false,
  ],
  [
    'moveTo() and cleanupFile()',
    async (app, id) => {
      await app.tus.moveTo(id, join(app.folder!, 'fates', id));
      await app.tus.cleanupFile(id);
    },
    false,
  ],
  [
    'moveTo(), and the app deleted it',
    async (app, id) => unlink(await app.tus.moveTo(id, join(app.folder!, 'fates', id))),
    false,
  ],
];

describe.each(PLATFORMS)('a finished upload on %s', (platform) => {
  const app = useApp({ platform });

  it.each(FATES)('is complete for its client after %s', async (_name, decide) => {
    const upload = await finish(app(), 'hello');
    await decide(app(), upload.id);

    const asked = await head(app(), upload);
    const repeated = await patch(app(), upload, { offset: 5, body: '' });
    const tooMuch = await patch(app(), upload, { offset: 5, body: 'x' });

    expect([asked.status, repeated.status, tooMuch.status]).toEqual([200, 204, 413]);
    expect(asked.headers['upload-offset']).toBe('5');
    expect(asked.headers['upload-length']).toBe('5');
    expect(repeated.headers['upload-offset']).toBe('5');
    expect((await app().tus.find(upload.id))?.state).toBe('finished');
    expect(app().finished.countOf(upload.id)).toBe(1);
  });

  it.each(FATES)('can be terminated by its client after %s', async (_name, decide) => {
    const upload = await finish(app(), 'hello');
    await decide(app(), upload.id);

    await eventually(async () => expect((await terminate(app(), upload)).status).toBe(204));
    expectHeadRefused(await head(app(), upload), 410);
    expect(await storedBytes(app(), upload)).toHaveLength(0);
  });

  it.each(FATES)('fails to be read loudly, or is there, after %s', async (_name, decide, there) => {
    const { id } = await finish(app(), 'hello');
    await decide(app(), id);

    const read = app().tus.createReadStream(id).then(textOf);

    if (there) await expect(read).resolves.toBe('hello');
    else
      await expect(read).rejects.toMatchObject({
        message: expect.stringMatching(/no file|ENOENT/),
      });
  });
});

describe.each(PLATFORMS)('moveTo() on %s', (platform) => {
  const app = useApp({ platform });
  const target = (...names: string[]): string => join(app().folder!, 'moved', ...names);

  it('moves the file into folders that it makes', async () => {
    const { id } = await finish(app(), 'hello');

    const path = await app().tus.moveTo(id, target('a', 'b', 'c.txt'));

    expect(path).toBe(target('a', 'b', 'c.txt'));
    expect(await readFile(path, 'utf8')).toBe('hello');
    expect(existsSync(join(app().tmpFileDir, id))).toBe(false);
  });

  it('takes a relative path, and gives the absolute one', async () => {
    const { id } = await finish(app(), 'hello');

    expect(await app().tus.moveTo(id, relative(process.cwd(), target('relative')))).toBe(
      target('relative'),
    );
  });

  it('does nothing when it is repeated', async () => {
    const { id } = await finish(app(), 'hello');
    await app().tus.moveTo(id, target('repeated'));

    expect(await app().tus.moveTo(id, target('repeated'))).toBe(target('repeated'));
    expect(await app().tus.moveTo(id, `${target()}/x/../repeated`)).toBe(target('repeated'));
    expect(await readFile(target('repeated'), 'utf8')).toBe('hello');
  });

  it('is made once when it is asked for many times at once', async () => {
    const { id } = await finish(app(), 'hello');

    const paths = await Promise.all(
      Array.from({ length: 5 }, () => app().tus.moveTo(id, target('at-once'))),
    );

    expect(new Set(paths)).toEqual(new Set([target('at-once')]));
  });

  it('refuses another path afterwards, and the file stays', async () => {
    const { id } = await finish(app(), 'hello');
    await app().tus.moveTo(id, target('here'));

    await expect(app().tus.moveTo(id, target('there'))).rejects.toThrow(NoFileError);
    await expect(app().tus.moveTo(id, target('there'))).rejects.toThrow('it was moved elsewhere');
    expect((await app().tus.find(id))?.path).toBe(target('here'));
    expect(await readFile(target('here'), 'utf8')).toBe('hello');
    expect(existsSync(target('there'))).toBe(false);
  });

  it('never overwrites a file', async () => {
    const { id } = await finish(app(), 'hello');
    await mkdir(target(), { recursive: true });
    await writeFile(target('mine'), 'precious');

    await expect(app().tus.moveTo(id, target('mine'))).rejects.toMatchObject({ code: 'EEXIST' });
    expect(await readFile(target('mine'), 'utf8')).toBe('precious');
    expect(await readFile(await app().tus.getFilepath(id), 'utf8')).toBe('hello');
    expect(await app().tus.moveTo(id, target('free'))).toBe(target('free'));
  });

  it.each(['b'.repeat(32), join('b'.repeat(32), 'x'), '.tus', join('.tus', 'lost', 'x')])(
    'refuses %p inside tmpFileDir, which is not for others, and changes nothing',
    async (name) => {
      const { id } = await finish(app(), 'hello');
      const before = await app().tus.find(id);

      const moved = app().tus.moveTo(id, join(app().tmpFileDir, name));

      await expect(moved).rejects.toThrow(RangeError);
      await expect(moved).rejects.toThrow(name);
      await expect(moved).rejects.toThrow('Give it another name');
      expect(await app().tus.find(id)).toEqual(before);
      expect(await readFile(await app().tus.getFilepath(id), 'utf8')).toBe('hello');
      expect(await app().tus.moveTo(id, target(`free-${id}`))).toBe(target(`free-${id}`));
    },
  );

  it('takes another name inside tmpFileDir', async () => {
    const { id } = await finish(app(), 'hello');
    const path = join(app().tmpFileDir, 'kept', 'b'.repeat(32));

    expect(await app().tus.moveTo(id, path)).toBe(path);
  });

  it('never overwrites another upload that was moved to the same path', async () => {
    const uploads = [await finish(app(), 'hello'), await finish(app(), 'world')];

    const results = await Promise.allSettled(
      uploads.map(({ id }) => app().tus.moveTo(id, target('contested'))),
    );

    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const winner = results.findIndex(({ status }) => status === 'fulfilled');
    const content = ['hello', 'world'];
    expect(await readFile(target('contested'), 'utf8')).toBe(content[winner]);
    expect(await textOf(await app().tus.createReadStream(uploads[1 - winner]!.id))).toBe(
      content[1 - winner],
    );
  });

  it('moves an empty file', async () => {
    const { id } = await create(app(), { length: 0 });
    await app().finished.of(id);

    expect(await readFile(await app().tus.moveTo(id, target('empty')))).toHaveLength(0);
  });

  it('says when the file was taken away by the app itself', async () => {
    const { id } = await finish(app(), 'hello');
    await unlink(await app().tus.getFilepath(id));

    await expect(app().tus.moveTo(id, target('gone'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('leaves the file when its upload is terminated or cleaned up', async () => {
    const terminated = await finish(app(), 'hello');
    const cleaned = await finish(app(), 'world');
    const paths = [
      await app().tus.moveTo(terminated.id, target('kept-1')),
      await app().tus.moveTo(cleaned.id, target('kept-2')),
    ];

    await app().tus.terminate(terminated.id);
    await app().tus.cleanupFile(cleaned.id);

    expect(await readFile(paths[0]!, 'utf8')).toBe('hello');
    expect(await readFile(paths[1]!, 'utf8')).toBe('world');
  });
});

describe.each(PLATFORMS)('cleanupFile() on %s', (platform) => {
  const app = useApp({ platform });

  it('deletes the file, and may be repeated', async () => {
    const { id } = await finish(app(), 'hello');
    const path = await app().tus.getFilepath(id);

    await app().tus.cleanupFile(id);
    await app().tus.cleanupFile(id);

    expect(existsSync(path)).toBe(false);
    expect(await app().tus.find(id)).toMatchObject({ state: 'finished', offset: 5 });
    expect(await app().tus.find(id)).not.toHaveProperty('path');
  });

  it('leaves no file to ask for', async () => {
    const { id } = await finish(app(), 'hello');
    await app().tus.cleanupFile(id);

    await expect(app().tus.getFilepath(id)).rejects.toThrow(NoFileError);
    await expect(app().tus.createReadStream(id)).rejects.toThrow('it was removed');
    await expect(app().tus.moveTo(id, join(app().folder!, 'late'))).rejects.toThrow(NoFileError);
  });
});

describe.each(PLATFORMS)('terminate() on %s', (platform) => {
  const app = useApp({ platform });

  it('ends a running append, whose bytes are freed', async () => {
    const upload = await create(app(), { length: 10 });
    const connection = await beginAppend(app(), upload);

    await app().tus.terminate(upload.id);
    await connection.write('world');
    const response = await connection.responseOrClose();
    await connection.closed;

    expect(String(response?.status ?? 400)).toMatch(/^4\d\d$/);
    expectHeadRefused(await head(app(), upload), 410);
    expect(existsSync(join(app().tmpFileDir, upload.id))).toBe(false);
    expect(app().finished.countOf(upload.id)).toBe(0);
  });

  it('frees a finished file', async () => {
    const upload = await finish(app(), 'hello');

    await app().tus.terminate(upload.id);

    expectHeadRefused(await head(app(), upload), 410);
    expect(existsSync(join(app().tmpFileDir, upload.id))).toBe(false);
    expect((await app().tus.find(upload.id))?.state).toBe('terminated');
  });

  it('may be repeated', async () => {
    const { id } = await create(app(), { length: 10 });
    await app().tus.terminate(id);
    const first = await app().tus.find(id);

    await app().tus.terminate(id);

    expect(await app().tus.find(id)).toEqual(first);
  });
});

describe.each(PLATFORMS)('what there is no answer to, on %s', (platform) => {
  const app = useApp({ platform });
  const calls: [string, (tus: TusService, id: string) => Promise<unknown>][] = [
    ['getFilepath()', (tus, id) => tus.getFilepath(id)],
    ['createReadStream()', (tus, id) => tus.createReadStream(id)],
    ['moveTo()', (tus, id) => tus.moveTo(id, '/nowhere/at/all')],
    ['cleanupFile()', (tus, id) => tus.cleanupFile(id)],
  ];

  it.each([
    ...calls,
    ['terminate()', (tus: TusService, id: string) => tus.terminate(id)] as const,
    ['release()', (tus: TusService, id: string) => tus.release(id)] as const,
  ])('%s says that an upload is not known', async (_name, call) => {
    for (const id of [UNKNOWN, '', '../x', 'cleanup', 'x'.repeat(5000)]) {
      await expect(call(app().tus, id)).rejects.toThrow(UploadNotFoundError);
    }
  });

  it.each([UNKNOWN, '', '../x', 'x'.repeat(5000)])('no delivery is one of %p', async (uploadId) => {
    await finish(app(), 'hello');

    expect(await app().tus.deliveries({ uploadId })).toEqual({ items: [] });
    expect(await app().tus.deliveries({ uploadId, state: 'dead' })).toEqual({ items: [] });
    expect(await app().tus.retry(uploadId)).toBe(0);
  });

  it.each(calls)('%s says that an upload is not finished', async (_name, call) => {
    const receiving = await create(app(), { length: 10, body: 'hello' });
    const terminated = await create(app(), { length: 10 });
    await terminate(app(), terminated);

    await expect(call(app().tus, receiving.id)).rejects.toThrow(NoFileError);
    await expect(call(app().tus, receiving.id)).rejects.toThrow('it is receiving');
    await expect(call(app().tus, terminated.id)).rejects.toThrow('it is terminated');
    expect(await offsetOf(app(), receiving)).toBe(5);
  });
});

describe.each(PLATFORMS)('a handler that deals with the file on %s', (platform) => {
  class Dealer {
    readonly dealt = new Calls<string>();

    @Inject(TusService)
    private readonly tus!: TusService;

    @OnUploadFinished()
    async deal({ id, path, metadata }: FinishedUpload): Promise<void> {
      if (metadata['deal'] === 'move') await this.tus.moveTo(id, `${path}.moved`);
      if (metadata['deal'] === 'clean') await this.tus.cleanupFile(id);
      if (metadata['deal'] === 'delete') await rm(path);
      if (metadata['deal'] === 'terminate') await this.tus.terminate(id);
      this.dealt.add(id);
    }
  }

  const app = useApp({ platform, providers: [Dealer] });

  it.each([
    ['move', 200],
    ['clean', 200],
    ['delete', 200],
    ['terminate', 410],
  ])('may %s it while the client still waits for nothing', async (deal, status) => {
    const upload = await create(app(), { length: 10, body: 'hello', metadata: { deal } });

    const last = await patch(app(), upload, { offset: 5, body: 'world' });
    await app()
      .nest.get(Dealer)
      .dealt.first((id) => id === upload.id);

    expect(last.status).toBe(204);
    expect(last.headers['upload-offset']).toBe('10');
    expect((await head(app(), upload)).status).toBe(status);
    expect(existsSync(join(app().tmpFileDir, upload.id))).toBe(false);
  });
});

/** Routes that let whatever the service throws through. */
@Controller('app')
class LettingController {
  constructor(private readonly tus: TusService) {}

  @Get(':id/path')
  path(@Param('id') id: string): Promise<string> {
    return this.tus.getFilepath(id);
  }

  @Get(':id/file')
  async file(@Param('id') id: string): Promise<StreamableFile> {
    return new StreamableFile(await this.tus.createReadStream(id));
  }

  @Get(':id/first')
  first(@Param('id') id: string): Promise<Upload> {
    return firstValueFrom(this.tus.progress$(id));
  }

  @Get(':id/owned')
  owned(@Param('id') id: string): Promise<string> {
    return this.tus.ownedBy('ada').getFilepath(id);
  }

  @Get(':id/moved')
  async moved(@Param('id') id: string): Promise<void> {
    const path = await this.tus.getFilepath(id);
    await this.tus.moveTo(id, `${path}-moved.txt`);
    await this.tus.moveTo(id, `${path}-again.txt`);
  }

  @Delete(':id')
  terminate(@Param('id') id: string): Promise<void> {
    return this.tus.terminate(id);
  }

  @Post(':length')
  create(@Param('length', ParseIntPipe) length: number): Promise<CreatedByServer> {
    return this.tus.create({ length, owner: 'ada', maxSize: '10GB' });
  }
}

/** A filter of the app's own, as Nest's documentation shows it. */
@Catch()
class EverythingFilter extends BaseExceptionFilter {}

describe.each(PLATFORMS)('an error of TusService that a route lets through on %s', (platform) => {
  const app = useApp({
    platform,
    tus: { quota: { uploads: 1 }, owner: () => 'ada' },
    controllers: [LettingController],
  });
  const get = async (path: string, method = 'GET') => {
    const { status, text } = await app().request({ method, path });
    return { status, ...(JSON.parse(text) as { statusCode?: number; message?: string }) };
  };
  afterEach(async () => {
    for (const { id } of (await app().tus.list()).items) await app().tus.terminate(id);
  });

  it.each(['path', 'file', 'first', 'owned'])(
    'is 404 for an upload that is not known, asked for its %s',
    async (what) => {
      const message = `There is no upload "${UNKNOWN}".`;

      expect(await get(`/app/${UNKNOWN}/${what}`)).toEqual({
        status: 404,
        statusCode: 404,
        message,
      });
      expect((await get(`/app/${UNKNOWN}`, 'DELETE')).status).toBe(404);
      expect(app().logs.errors().join()).not.toContain(message);
    },
  );

  it.each(['path', 'file', 'moved'])(
    'is 409 for an upload that is not finished, asked for its %s',
    async (what) => {
      const { id } = await create(app(), { length: 5 });

      expect(await get(`/app/${id}/${what}`)).toEqual({
        status: 409,
        statusCode: 409,
        message: `The upload "${id}" has no file: it is receiving.`,
      });
      expect(app().logs.errors().join()).not.toContain(id);
    },
  );

  it('is 409 for a file that was moved, and does not say where to', async () => {
    const { id } = await finish(app(), 'hello');

    const { status, message } = await get(`/app/${id}/moved`);

    expect([status, message]).toEqual([
      409,
      `The upload "${id}" has no file: it was moved elsewhere.`,
    ]);
  });

  it('is 429 for a creation beyond the quota, and 413 for one that is too large', async () => {
    await create(app(), { length: 5 });

    expect((await get('/app/5', 'POST')).status).toBe(429);
    expect((await get(`/app/${20 * 1024 ** 3}`, 'POST')).status).toBe(413);
  });

  it('is still a plain error of its class', async () => {
    const error: unknown = await app()
      .tus.getFilepath(UNKNOWN)
      .catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(UploadNotFoundError);
    expect(error).not.toBeInstanceOf(HttpException);
    expect(Object.keys(error as object).sort()).toEqual(['id', 'name']);
  });

  it('has its status in a filter of the app too', async () => {
    const filtered = await startApp({
      platform,
      controllers: [LettingController],
      configure: (nest) => {
        nest.useGlobalFilters(new EverythingFilter(nest.getHttpAdapter()));
      },
    });

    expect((await filtered.request({ path: `/app/${UNKNOWN}/path` })).status).toBe(404);
    await filtered.close();
  });
});

describe.each(PLATFORMS)('isTusRequest() on %s', (platform) => {
  @Controller('asked')
  class AskedController {
    @Inject(TusService)
    private readonly tus!: TusService;

    @Get()
    get(@Req() request: IncomingMessage & { readonly raw?: IncomingMessage }): object {
      return {
        platform: this.tus.isTusRequest(request),
        node: this.tus.isTusRequest(request.raw ?? request),
      };
    }
  }

  const app = useApp({ platform, controllers: [AskedController] });

  it('tells a request of the protocol from others', async () => {
    const tus = await app().request({ path: '/asked', headers: TUS });
    const other = await app().request({ path: '/asked' });

    expect(JSON.parse(tus.text)).toEqual({ platform: true, node: true });
    expect(JSON.parse(other.text)).toEqual({ platform: false, node: false });
  });
});
