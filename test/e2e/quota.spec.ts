import { statfs, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { IncomingMessage } from 'node:http';
import type { TusQuota } from '../../lib/index.js';
import { eventually, expectRefused, PLATFORMS, startApp, useApp } from '../support/index.js';
import type { HttpResponse, TestApp } from '../support/index.js';
import { useClock } from '../support/clock.js';

const OWNER = {
  owner: (request: object) => (request as IncomingMessage).headers['x-user'] as string | undefined,
};

function post(
  app: TestApp,
  length: number | 'deferred',
  { user = 'ann', body }: { user?: string; body?: string } = {},
): Promise<HttpResponse> {
  return app.request({
    method: 'POST',
    path: '/files',
    headers: {
      'Tus-Resumable': '1.0.0',
      'X-User': user,
      ...(length === 'deferred'
        ? { 'Upload-Defer-Length': '1' }
        : { 'Upload-Length': `${length}` }),
      ...(body !== undefined && { 'Content-Type': 'application/offset+octet-stream' }),
    },
    body,
  });
}

async function created(promise: Promise<HttpResponse>): Promise<string> {
  const response = await promise;
  expect(response.status).toBe(201);
  return response.all('Location')[0]!.split('/').pop()!;
}

function patch(app: TestApp, id: string, body: string, headers = {}): Promise<HttpResponse> {
  return app.request({
    method: 'PATCH',
    path: `/files/${id}`,
    headers: {
      'Tus-Resumable': '1.0.0',
      'X-User': 'ann',
      'Upload-Offset': '0',
      'Content-Type': 'application/offset+octet-stream',
      ...headers,
    },
    body,
  });
}

describe.each(PLATFORMS)('quotas on %s', (platform) => {
  describe('of unfinished uploads', () => {
    const app = useApp({ platform, tus: { ...OWNER, quota: { concurrent: 5 } } });

    it('let no more pass than they say, however many creations race', async () => {
      const responses = await Promise.all(Array.from({ length: 20 }, () => post(app(), 1)));

      const passed = responses.filter(({ status }) => status === 201);
      const refused = responses.filter(({ status }) => status === 429);
      expect([passed.length, refused.length]).toEqual([5, 15]);
      expectRefused(refused[0]!, 429);
      expect(refused[0]!.all('Retry-After')).toEqual(['60']);
    });

    it('count each owner apart', async () => {
      await created(post(app(), 1, { user: 'bob' }));
    });

    it('let a new one pass once another is finished or terminated', async () => {
      const user = 'eve';
      const ids = await Promise.all(
        Array.from({ length: 5 }, () => created(post(app(), 1, { user }))),
      );
      expect((await post(app(), 1, { user })).status).toBe(429);

      expect((await patch(app(), ids[0]!, 'x', { 'X-User': user })).status).toBe(204);
      await created(post(app(), 1, { user }));
      expect((await post(app(), 1, { user })).status).toBe(429);
      await app().tus.terminate(ids[1]!);
      await created(post(app(), 1, { user }));
    });
  });

  describe('of bytes', () => {
    const app = useApp({ platform, tus: { ...OWNER, quota: { bytes: 10 } } });

    it('count what is announced and what is kept, and are free again on every way out', async () => {
      const unfinished = await created(post(app(), 4));
      const finished = await created(post(app(), 6, { body: '123456' }));
      expectRefused(await post(app(), 1), 413);

      await app().tus.cleanupFile(finished);
      const moved = await created(post(app(), 6, { body: '123456' }));
      expect((await post(app(), 1)).status).toBe(413);
      await app().tus.moveTo(moved, join(app().folder!, 'moved'));
      await created(post(app(), 5));
      await app().tus.terminate(unfinished);
      await created(post(app(), 5));
      expect((await post(app(), 1)).status).toBe(413);
    });

    it('count a deferred length as all that is left, and bound it', async () => {
      const user = 'deferring';
      await created(post(app(), 3, { user }));
      const deferred = await created(post(app(), 'deferred', { user }));
      expect((await post(app(), 1, { user })).status).toBe(413);

      const tooMuch = await patch(app(), deferred, '12345678', { 'X-User': user });
      expect(tooMuch.status).toBe(413);
      const fixed = await patch(app(), deferred, '12', { 'X-User': user, 'Upload-Length': '2' });
      expect(fixed.status).toBe(204);
      await created(post(app(), 5, { user }));
    });

    it('are free again after a refused creation', async () => {
      const user = 'refused';
      const overflowing = await app().request({
        method: 'POST',
        path: '/files',
        headers: {
          'Tus-Resumable': '1.0.0',
          'X-User': user,
          'Upload-Length': '10',
          'Content-Type': 'application/offset+octet-stream',
          'Upload-Checksum': `sha1 ${Buffer.alloc(20).toString('base64')}`,
        },
        body: '1234567890',
      });
      expect(overflowing.status).toBe(460);

      await created(post(app(), 10, { user }));
    });
  });

  it('are free again when an upload expires', async () => {
    const app = await startApp({
      platform,
      tus: { uploadValidDuration: 0.05, cleanup: { every: false }, quota: { uploads: 1 } },
    });
    await created(post(app, 5));
    expect((await post(app, 5)).status).toBe(429);

    await eventually(async () => expect((await app.tus.cleanup()).expired).toBe(1));
    await created(post(app, 5));
    await app.close();
  });

  it('are told for each request by a function', async () => {
    const quota = (request: IncomingMessage) =>
      request.headers['x-user'] === 'paying' ? undefined : { bytes: '1KB' };
    const app = await startApp({ platform, tus: { ...OWNER, quota } });

    expect((await post(app, 2000)).status).toBe(413);
    await created(post(app, 2000, { user: 'paying' }));
    await app.close();
  });

  it.each<[TusQuota, number]>([
    [{ uploads: 0 }, 429],
    [{ concurrent: 0 }, 429],
    [{ bytes: 0 }, 413],
    [{ bytes: Infinity, uploads: Infinity, concurrent: Infinity }, 201],
  ])('may be for none at all, or no limit: %p', async (quota, status) => {
    const app = await startApp({ platform, tus: { ...OWNER, quota: () => quota } });

    expect((await post(app, 5)).status).toBe(status);
    expect((await post(app, 'deferred')).status).toBe(status);
    expect(app.logs.errors()).toEqual([]);
    await app.close();
  });

  it('hold for uploads that the server creates', async () => {
    const app = await startApp({ platform, tus: { quota: { uploads: 1 } } });
    await app.tus.create({ length: 1 });

    await expect(app.tus.create({ length: 1 })).rejects.toMatchObject({ status: 429 });
    await app.close();
  });
});

describe.each(PLATFORMS)('reserveDisk on %s', (platform) => {
  const app = useApp({ platform, tus: { reserveDisk: true } });

  it('refuses at creation what there is no room for, beside what others have announced', async () => {
    const { bavail, bsize } = await statfs(app().folder!);
    const most = Math.floor(bavail * bsize * 0.6);

    expectRefused(await post(app(), most * 2), 507);
    const first = await created(post(app(), most));
    expectRefused(await post(app(), most), 507);
    await app().tus.terminate(first);
    await created(post(app(), most));
    expect(app().logs.errors()).toEqual([]);
  });

  it('refuses a deferred length once it is known', async () => {
    const { bavail, bsize } = await statfs(app().folder!);
    const deferred = await created(post(app(), 'deferred'));
    const length = `${bavail * bsize * 2}`;

    expect((await patch(app(), deferred, 'x', { 'Upload-Length': length })).status).toBe(507);
    expect((await patch(app(), deferred, 'x', { 'Upload-Length': '1' })).status).toBe(204);
  });
});

describe.each(PLATFORMS)('reserveDisk after the clock was ahead on %s', (platform) => {
  const clock = useClock();
  const app = useApp({ platform, tus: { reserveDisk: true } });

  it('knows what uploads have received', async () => {
    const { bavail, bsize } = await statfs(app().folder!);
    const most = Math.floor(bavail * bsize * 0.6);
    clock.advance(5 * 3_600_000);
    const first = await created(post(app(), most));
    expectRefused(await post(app(), most), 507);
    clock.advance(-5 * 3_600_000);
    // As many bytes, without taking the room.
    await writeFile(join(app().tmpFileDir, first), '');
    await truncate(join(app().tmpFileDir, first), most - 1);

    await eventually(() => created(post(app(), most)));
  });
});

describe.each(PLATFORMS)('the uploads of an owner on %s', (platform) => {
  const app = useApp({ platform, tus: OWNER });

  it("are never everybody's, for a service that is scoped to no one", () => {
    expect(() => app().tus.ownedBy(undefined as never)).toThrow(TypeError);
  });

  it('are all that is there for a service that is scoped', async () => {
    const mine = await created(post(app(), 3, { body: 'abc' }));
    const theirs = await created(post(app(), 3, { user: 'bob', body: 'abc' }));
    const uploads = app().tus.ownedBy('ann');

    expect((await uploads.find(mine))?.id).toBe(mine);
    expect(await uploads.find(theirs)).toBeUndefined();
    expect((await uploads.list()).items.map(({ id }) => id)).toEqual([mine]);
    expect(await uploads.getFilepath(mine)).toContain(mine);
    for (const refused of [
      uploads.getFilepath(theirs),
      uploads.createReadStream(theirs),
      uploads.moveTo(theirs, join(app().folder!, 'stolen')),
      uploads.cleanupFile(theirs),
      uploads.terminate(theirs),
    ]) {
      await expect(refused).rejects.toMatchObject({ name: 'UploadNotFoundError', id: theirs });
    }
    expect((await app().tus.find(theirs))?.state).toBe('finished');
    await uploads.terminate(mine);
    expect((await uploads.find(mine))?.state).toBe('terminated');
  });
});
