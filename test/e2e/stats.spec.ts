import { UnprocessableEntityException } from '@nestjs/common';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { join } from 'node:path';
import { TusModule } from '../../lib/index.js';
import type { AppendMessage, RefusedMessage, UploadMessage } from '../../lib/index.js';
import {
  PLATFORMS,
  create,
  eventually,
  patch,
  post,
  terminate,
  uploadWhole,
  useApp,
} from '../support/index.js';
import { SlowPatch } from '../support/slow-patch.js';
import { withWorker, workerOf } from './worker.js';

/** What is published on a channel while it is listened to. */
class Listener<T> {
  readonly messages: T[] = [];
  private readonly take = (message: unknown) => void this.messages.push(message as T);

  constructor(private readonly channel: string) {
    subscribe(channel, this.take);
  }

  stop(): void {
    unsubscribe(this.channel, this.take);
  }
}

describe.each(PLATFORMS)('what an instance has done on %s', (platform) => {
  const app = useApp(withWorker(platform, { maxSize: 100 }));

  it('is counted: uploads, bytes, and how long they took', async () => {
    const before = app().tus.stats();
    const ended = await create(app(), { length: 10 });
    await patch(app(), ended, { body: 'hello' });
    await terminate(app(), ended);
    await uploadWhole(app(), 'hello world');
    const { since, uploads, appends } = app().tus.stats();

    expect(since.getTime()).toBeLessThanOrEqual(Date.now());
    expect(uploads.created - before.uploads.created).toBe(2);
    expect(uploads.finished - before.uploads.finished).toBe(1);
    expect(uploads.terminated - before.uploads.terminated).toBe(1);
    expect(appends.running).toBe(0);
    expect(appends.ended - before.appends.ended).toBe(2);
    expect(appends.bytes - before.appends.bytes).toBe(16);
    expect(appends.duration.count - before.appends.duration.count).toBe(2);
    expect(appends.lastWait.count - before.appends.lastWait.count).toBe(1);
    expect(appends.duration.sum).toBeGreaterThanOrEqual(appends.duration.longest);
  });

  it('includes requests that run, and those that were taken over', async () => {
    const before = app().tus.stats().appends;
    const upload = await create(app(), { length: 10 });
    const slow = await SlowPatch.begin(app(), upload, 10);
    await slow.write('hello');
    await eventually(() => expect(app().tus.stats().appends.running).toBe(1));
    await patch(app(), upload, { offset: 5, body: 'world' });

    const { running, takenOver, bytes } = app().tus.stats().appends;
    expect([running, takenOver - before.takenOver, bytes - before.bytes]).toEqual([0, 1, 10]);
    await slow.response();
  });

  it('includes refusals, by reason', async () => {
    const upload = await create(app(), { length: 10 });
    await patch(app(), upload, { offset: 3, body: 'x' });
    await patch(app(), upload, { offset: 3, body: 'x' });
    await post(app(), { length: 101 });
    await post(app(), { length: -1 });

    const { refused } = app().tus.stats();
    expect(refused).toMatchObject({ 'offset-mismatch': 2, 'status-413': 1, 'status-400': 1 });
  });

  it('includes deliveries, and how they ended', async () => {
    const before = app().tus.stats().deliveries;
    workerOf(app()).work = ({ attempt }) => {
      if (attempt === 1) throw new UnprocessableEntityException('Told to fail.');
    };
    const upload = await uploadWhole(app(), 'hello');
    await workerOf(app()).attempt(upload.id, 2);

    await eventually(() => {
      const { done, retried, duration } = app().tus.stats().deliveries;
      expect(retried - before.retried).toBe(1);
      // Each app of the tests has a handler that records what is finished.
      expect(done - before.done).toBe(2);
      expect(duration.count - before.duration.count).toBe(3);
    });
  });

  it('is published as it happens', async () => {
    const created = new Listener<UploadMessage>('nestjs-tus:created');
    const appends = new Listener<AppendMessage>('nestjs-tus:append');
    const refused = new Listener<RefusedMessage>('nestjs-tus:refused');
    const upload = await uploadWhole(app(), 'hello');
    await patch(app(), upload, { offset: 1, body: 'x' });
    for (const listener of [created, appends, refused]) listener.stop();
    await uploadWhole(app(), 'unheard');

    const uploadId = upload.id;
    expect(created.messages).toEqual([{ instance: undefined, uploadId, length: 5 }]);
    expect(appends.messages).toEqual([
      {
        instance: undefined,
        uploadId,
        bytes: 5,
        duration: expect.any(Number),
        lastWait: expect.any(Number),
        end: 'ended',
      },
    ]);
    expect(refused.messages).toEqual([
      { instance: undefined, uploadId, method: 'PATCH', status: 409, reason: 'offset-mismatch' },
    ]);
  });
});

describe.each(PLATFORMS)('what a named instance has done on %s', (platform) => {
  const app = useApp({
    platform,
    imports: (tmpFileDir) => [
      TusModule.forRoot({
        name: 'avatars',
        uploadPath: '/avatars',
        tmpFileDir: join(tmpFileDir, '..', 'avatars'),
      }),
    ],
  });

  it('is told with its name', async () => {
    const finished = new Listener<UploadMessage>('nestjs-tus:finished');
    const upload = await create(app(), { path: '/avatars', length: 5 });
    await patch(app(), upload, { body: 'hello' });
    finished.stop();
    expect(finished.messages).toMatchObject([{ instance: 'avatars', uploadId: upload.id }]);
  });
});
