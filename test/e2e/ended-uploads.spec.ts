import { Injectable, UnprocessableEntityException } from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, stat, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import {
  BeforeUploadFinish,
  OnUploadExpired,
  OnUploadFinished,
  OnUploadTerminated,
} from '../../lib/index.js';
import type { CompleteUpload, FinishAnswer, FinishedUpload, Upload } from '../../lib/index.js';
import type { UploadRecord, UploadRegistry } from '../../lib/registry/index.js';
import type { UploadStorage } from '../../lib/storage/index.js';
import { TUS_REGISTRY, TUS_STORAGE } from '../../lib/tus.constants.js';
import {
  create,
  encodeMetadata,
  eventually,
  expectHeadRefused,
  head,
  patch,
  PLATFORMS,
  terminate,
  useApp,
} from '../support/index.js';
import type { CreatedUpload, TestApp } from '../support/index.js';
import { Calls } from '../support/calls.js';
import { useClock } from '../support/clock.js';
import { Gate } from '../support/gate.js';

/** As many uploads of one owner that came to nothing as are remembered. */
const MOST = 1000;

const DAY = 24 * 3_600_000;

/** As much as a client may say. */
const LONG = { filename: 'a.txt', remark: 'x'.repeat(4000) };
const SHORT = { filename: 'a.txt' };

/** Told of uploads, and decides on them as their metadata say. */
@Injectable()
class Listener {
  readonly ended = new Calls<Upload>();
  readonly finished = new Calls<FinishedUpload>();
  gate?: Gate;

  @OnUploadTerminated()
  @OnUploadExpired()
  end(upload: Upload): void {
    this.ended.add(upload);
  }

  @BeforeUploadFinish({ when: ({ metadata }) => 'answer' in metadata })
  answer({ metadata }: CompleteUpload): FinishAnswer {
    return { headers: { 'X-Answer': 'yes' }, body: metadata['answer']! };
  }

  @BeforeUploadFinish({ when: ({ metadata }) => 'refusal' in metadata })
  refuse({ metadata }: CompleteUpload): never {
    throw new UnprocessableEntityException(metadata['refusal']);
  }

  @OnUploadFinished({ when: ({ metadata }) => 'handled' in metadata })
  async handle(upload: FinishedUpload): Promise<void> {
    await this.gate?.pass();
    this.finished.add(upload);
  }
}

function recordOf(app: TestApp, { id }: { id: string }): Promise<UploadRecord | undefined> {
  return app.nest.get<UploadRegistry>(TUS_REGISTRY, { strict: false }).get(id);
}

async function bytesOf(app: TestApp, upload: { id: string }): Promise<number> {
  return JSON.stringify(await recordOf(app, upload)).length;
}

describe.each(PLATFORMS)('what is remembered of an upload on %s', (platform) => {
  const clock = useClock();
  const app = useApp({ platform, providers: [Listener], tus: { cleanup: { every: false } } });
  const listener = (): Listener => app().nest.get(Listener);
  afterEach(() => {
    listener().gate?.open();
    delete listener().gate;
  });

  async function finished(metadata: Record<string, string>, content = 'hello') {
    const upload = await create(app(), { length: content.length, metadata });
    return { upload, answer: await patch(app(), upload, { body: content }) };
  }

  /** Waits until an upload has been delivered to all its handlers. */
  async function delivered({ id }: { id: string }): Promise<void> {
    await eventually(async () => {
      expect((await app().tus.deliveries({ uploadId: id })).items).toEqual([]);
    });
  }

  it('that was terminated is that it was, and whose', async () => {
    const upload = await create(app(), { length: 5, body: 'hel', metadata: LONG });
    await terminate(app(), upload);

    expectHeadRefused(await head(app(), upload), 410);
    expect(await bytesOf(app(), upload)).toBeLessThan(300);
    expect(await app().tus.find(upload.id)).toMatchObject({ state: 'terminated', length: 5 });
    const told = await listener().ended.first(({ id }) => id === upload.id);
    expect(told).toMatchObject({ state: 'terminated', metadata: LONG, filename: 'a.txt' });
  });

  it('that has expired is that it has', async () => {
    const upload = await create(app(), { length: 5, metadata: LONG });
    clock.advance(2 * DAY);
    await app().tus.cleanup();

    expectHeadRefused(await head(app(), upload), 410);
    expect(await bytesOf(app(), upload)).toBeLessThan(300);
    const told = await listener().ended.first(({ id }) => id === upload.id);
    expect(told).toMatchObject({ state: 'expired', metadata: LONG });
  });

  it('that was refused is the answer as well, if it is short', async () => {
    const short = await finished({ ...LONG, refusal: 'No such film.' });
    const long = await finished({ ...LONG, refusal: 'No. '.repeat(300) });
    const again = await Promise.all(
      [short, long].map(({ upload }) => patch(app(), upload, { offset: 5, body: '' })),
    );

    expect(again.map(({ status }) => status)).toEqual([422, 422]);
    expect(again[0]!.text).toBe(short.answer.text);
    expect(again[0]!.text).toContain('No such film.');
    expect(again[1]!.text).toBe('');
    expect(await bytesOf(app(), short.upload)).toBeLessThan(600);
    expect(await bytesOf(app(), long.upload)).toBeLessThan(600);
  });

  it('whose file was removed is all of its last answer, and short metadata', async () => {
    const answer = 'Well done. '.repeat(100);
    const uploads = [
      await finished({ ...LONG, answer }),
      await finished({ ...SHORT, answer: 'ok' }),
    ];
    for (const { upload } of uploads) {
      await delivered(upload);
      await app().tus.cleanupFile(upload.id);
    }
    await app().tus.cleanup();

    for (const { upload, answer: first } of uploads) {
      const asked = await head(app(), upload);
      const again = await patch(app(), upload, { offset: 5, body: '' });
      expect([asked.status, asked.headers['upload-offset']]).toEqual([200, '5']);
      expect([again.status, again.text]).toEqual([first.status, first.text]);
      expect(again.headers['x-answer']).toBe('yes');
    }
    const [long, short] = uploads.map(({ upload }) => upload);
    const metadataOf = async (upload: CreatedUpload) =>
      (await head(app(), upload)).headers['upload-metadata'];
    expect(await metadataOf(long!)).toBeUndefined();
    expect(await metadataOf(short!)).toBe(encodeMetadata({ ...SHORT, answer: 'ok' }));
    expect(await bytesOf(app(), long!)).toBeLessThan(400 + 2 * answer.length);
  });

  it('whose file was removed is all of it, as long as a handler is to hear of it', async () => {
    listener().gate = new Gate();
    const { upload } = await finished({ ...LONG, handled: 'yes' });
    await listener().gate!.reached;
    await app().tus.cleanupFile(upload.id);
    await app().tus.cleanup();
    const before = await app().tus.find(upload.id);
    listener().gate!.open();
    await delivered(upload);
    clock.advance(2 * 3_600_000);
    await app().tus.cleanup();

    expect(before!.metadata).toMatchObject(LONG);
    expect((await app().tus.find(upload.id))!.metadata).toEqual({});
    expect((await head(app(), upload)).status).toBe(200);
  });

  it('that was made of many parts is that it was', async () => {
    const parts = await Promise.all(
      Array.from({ length: 20 }, () =>
        create(app(), { length: 1, body: 'x', headers: { 'Upload-Concat': 'partial' } }),
      ),
    );
    const list = parts.map(({ path }) => path).join(' ');
    const { headers } = await app().request({
      method: 'POST',
      path: '/files',
      headers: { 'Tus-Resumable': '1.0.0', 'Upload-Concat': `final;${list}` },
    });
    const path = headers.location!;
    const upload = { path, id: path.slice(path.lastIndexOf('/') + 1) };
    await delivered(upload);
    await app().tus.cleanupFile(upload.id);
    await app().tus.cleanup();
    const refused = await patch(app(), upload, { offset: 20, body: 'x' });

    expect((await head(app(), upload)).headers['upload-concat']).toBe('final;');
    expect(refused.status).toBe(403);
    expect(await bytesOf(app(), upload)).toBeLessThan(400);
  });
});

describe.each(PLATFORMS)('uploads that came to nothing on %s', (platform) => {
  const app = useApp({
    platform,
    tus: {
      durability: 'none',
      cleanup: { every: false },
      owner: (request) => (request as IncomingMessage).headers['x-user'] as string | undefined,
    },
  });

  /** Creates uploads of an owner and ends them, in order of their ids' list. */
  async function endMany(count: number, owner?: string, remark = ''): Promise<string[]> {
    const ids: string[] = [];
    for (let done = 0; done < count; done += 50) {
      const some = await Promise.all(
        Array.from({ length: Math.min(50, count - done) }, () =>
          app().tus.create({ length: 5, owner, metadata: { remark } }),
        ),
      );
      await Promise.all(some.map(({ id }) => app().tus.terminate(id)));
      ids.push(...some.map(({ id }) => id));
    }
    return ids;
  }

  const statusOf = async (id: string, owner?: string) =>
    (
      await app().request({
        method: 'HEAD',
        path: `/files/${id}`,
        headers: { 'Tus-Resumable': '1.0.0', ...(owner && { 'X-User': owner }) },
      })
    ).status;

  it.each([['ann'], [undefined]])(
    'are remembered in a number for each owner (%s), the oldest forgotten first',
    async (owner) => {
      const other = await endMany(1, 'bob');
      const first = await endMany(50, owner);
      const early = await Promise.all(first.map((id) => statusOf(id, owner)));
      const more = await endMany(MOST, owner);
      const { items } = await app().tus.list({ owner, state: 'terminated', limit: 3000 });
      const remembered = new Set(items.map(({ id }) => id));

      expect(early).toEqual(first.map(() => 410));
      expect(await statusOf(first[0]!, owner)).toBe(404);
      expect(first.filter((id) => remembered.has(id))).toEqual([]);
      expect(more.filter((id) => !remembered.has(id))).toEqual([]);
      expect(await statusOf(more[0]!, owner)).toBe(410);
      expect(await statusOf(other[0]!, 'bob')).toBe(410);
    },
  );

  it('do not make others be forgotten', async () => {
    const headers = { 'X-User': 'eve' };
    const done = await create(app(), { length: 5, body: 'hello', headers });
    const running = await create(app(), { length: 5, body: 'hel', headers });
    const [taken] = (await endMany(1, 'eve')) as [string];
    // A process that had it may still bring something.
    const storage = app().nest.get<UploadStorage>(TUS_STORAGE, { strict: false });
    const settling = jest
      .spyOn(storage, 'settlesAt')
      .mockImplementation(({ id }) => (id === taken ? Date.now() + DAY : undefined));
    await endMany(MOST + 50, 'eve');
    settling.mockRestore();

    expect(await statusOf(taken, 'eve')).toBe(410);
    expect(await statusOf(done.id, 'eve')).toBe(200);
    expect(await statusOf(running.id, 'eve')).toBe(200);
  });

  it('take their bytes with them, where a process that died has left some', async () => {
    const [id] = (await endMany(1, 'ida')) as [string];
    await writeFile(join(app().tmpFileDir, id), 'left');
    await endMany(MOST, 'ida');

    expect(await statusOf(id, 'ida')).toBe(404);
    expect(existsSync(join(app().tmpFileDir, id))).toBe(false);
    expect(await readdir(join(app().tmpFileDir, '.tus'))).not.toContain('lost');
  });

  it('take no more room than what is remembered of them', async () => {
    const size = async () => (await stat(join(app().tmpFileDir, '.tus', 'data.mdb'))).size;
    // As long as a client may: 8 KB each, 5 MB together.
    const remark = randomBytes(2900).toString('hex');
    const before = await size();
    await endMany(600, 'max', remark);

    expect((await size()) - before).toBeLessThan(2_000_000);
  });
});
