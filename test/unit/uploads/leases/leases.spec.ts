import { setTimeout as timeout } from 'node:timers/promises';
import { ClosedError } from '../../../../lib/errors/index.js';
import { SoleCluster, type Cluster } from '../../../../lib/cluster/index.js';
import { Leases } from '../../../../lib/uploads/leases/leases.js';
import {
  UploadBusyError,
  UploadNotFoundError,
} from '../../../../lib/uploads/model/upload.errors.js';

const ID = 'a'.repeat(32);

describe('Leases', () => {
  it('gives an upload that nobody holds at once, and lets nobody know', async () => {
    const lease = await new Leases().acquire(ID);

    expect(lease.revokedBy).toBeUndefined();
  });

  it('asks the holder to let go as soon as someone else comes', async () => {
    const leases = new Leases();
    const holder = await leases.acquire(ID);
    const asked: string[] = [];
    holder.onRevoke((reason) => asked.push(reason));

    const next = leases.acquire(ID);

    expect(asked).toEqual(['newer-request']);
    holder.release();
    expect((await next).revokedBy).toBeUndefined();
  });

  it('tells a holder that begins to listen only after it was asked', async () => {
    const leases = new Leases();
    const holder = await leases.acquire(ID);
    const next = leases.acquire(ID);
    const asked: string[] = [];

    holder.onRevoke((reason) => asked.push(reason));

    expect(asked).toEqual(['newer-request']);
    holder.release();
    await next;
  });

  it('serves those who wait first come, first served', async () => {
    const leases = new Leases();
    const holder = await leases.acquire(ID);
    const order: number[] = [];
    const waiting = [1, 2, 3].map(async (number) => {
      const lease = await leases.acquire(ID);
      order.push(number);
      lease.release();
    });

    holder.release();
    await Promise.all(waiting);

    expect(order).toEqual([1, 2, 3]);
  });

  it('asks the next holder to hurry while others still wait behind it', async () => {
    const leases = new Leases();
    const first = await leases.acquire(ID);
    const second = leases.acquire(ID);
    const third = leases.acquire(ID);

    first.release();

    expect((await second).revokedBy).toBe('newer-request');
    (await second).release();
    expect((await third).revokedBy).toBeUndefined();
  });

  it('does not let one upload wait for another', async () => {
    const leases = new Leases();
    await leases.acquire(ID);

    await expect(leases.acquire('b'.repeat(32))).resolves.toBeDefined();
  });

  it('gives up on a holder that does not let go, and leaves the line in order', async () => {
    const leases = new Leases(10);
    const holder = await leases.acquire(ID);

    await expect(leases.acquire(ID)).rejects.toThrow(UploadBusyError);

    holder.release();
    await expect(leases.acquire(ID)).resolves.toBeDefined();
  });

  it('takes an upload without disturbing anyone only when nobody holds it', async () => {
    const leases = new Leases();
    const holder = await leases.acquire(ID);

    expect(await leases.tryAcquire(ID)).toBeUndefined();
    expect(holder.revokedBy).toBeUndefined();

    holder.release();
    expect(await leases.tryAcquire(ID)).toBeDefined();
  });

  it('claims nothing for what cannot be an upload', async () => {
    const claim = jest.fn<ReturnType<Cluster['claim']>, Parameters<Cluster['claim']>>();
    const leases = new Leases(undefined, Object.assign(new SoleCluster(), { claim }));
    const work = jest.fn<Promise<void>, []>();

    for (const id of ['', 'x'.repeat(5000), '\0', '.cleanup', `${ID}.answer`, undefined, 5]) {
      await expect(leases.hold(id as string, work)).rejects.toThrow(UploadNotFoundError);
    }

    expect(claim).not.toHaveBeenCalled();
    expect(work).not.toHaveBeenCalled();
  });

  it('releases an upload also when the work done under it fails', async () => {
    const leases = new Leases();

    await expect(leases.hold(ID, () => Promise.reject(new Error('no')))).rejects.toThrow('no');

    expect(await leases.tryAcquire(ID)).toBeDefined();
  });

  it('ignores a second release, which would push out a later holder', async () => {
    const leases = new Leases();
    const first = await leases.acquire(ID);
    first.release();
    await leases.acquire(ID);

    first.release();

    expect(await leases.tryAcquire(ID)).toBeUndefined();
  });

  it('asks everybody at shutdown, those who come later included', async () => {
    const leases = new Leases();
    const holder = await leases.acquire(ID);

    leases.revokeAll('shutdown');

    expect(holder.revokedBy).toBe('shutdown');
    const late = await leases.acquire('b'.repeat(32));
    expect(late.revokedBy).toBe('shutdown');
  });

  it('is closed once the last one in line has let go, and not before', async () => {
    const leases = new Leases();
    const order: string[] = [];
    const holder = await leases.acquire(ID);
    const next = leases.acquire(ID);

    const closing = leases.close(1).then(() => order.push('closed'));
    holder.release();
    const last = await next;
    await timeout(5);
    order.push('released');
    last.release();
    await closing;

    expect(order).toEqual(['released', 'closed']);
    await expect(leases.close(1)).resolves.toBeUndefined();
  });

  it('waits for a pinned upload only for so long, and for those beside it as long as it takes', async () => {
    const leases = new Leases();
    const order: string[] = [];
    (await leases.acquire(ID)).pin();
    const other = await leases.acquire('b'.repeat(32));

    const closing = leases.close(1).then(() => order.push('closed'));
    await timeout(5);
    order.push('released');
    other.release();
    await closing;

    expect(order).toEqual(['released', 'closed']);
  });

  it('gives up a pinned holder when it is closed, and no other one', async () => {
    const leases = new Leases();
    const pinned = await leases.acquire(ID);
    pinned.pin();
    expect(() => pinned.assertHeld()).not.toThrow();

    await leases.close(1);

    expect(() => pinned.assertHeld()).toThrow(ClosedError);
    pinned.release();
  });

  it('lets nobody have an upload once it is closed', async () => {
    const leases = new Leases();
    await leases.close(0);

    await expect(leases.acquire(ID)).rejects.toThrow(ClosedError);
    await expect(leases.tryAcquire(ID)).rejects.toThrow(ClosedError);
    await expect(leases.holdNew(ID, () => Promise.resolve())).rejects.toThrow(ClosedError);
    await expect(leases.holdUnclaimed(ID, () => Promise.resolve())).rejects.toThrow(ClosedError);
  });

  it('is waited for when it is closed, also by an upload that no bytes come to', async () => {
    const leases = new Leases();
    let end: () => void = () => undefined;
    const work = new Promise<void>((resolve) => (end = resolve));
    const held = leases.holdUnclaimed(ID, () => work);
    let isClosed = false;
    const closing = leases.close(1).then(() => (isClosed = true));

    await timeout(1);
    expect(isClosed).toBe(false);
    end();
    await Promise.all([held, closing]);
  });

  it('refuses those who wait for another process when it is closed', async () => {
    const cluster = Object.assign(new SoleCluster(), {
      claim: () => new Promise<boolean>(() => undefined),
    });
    const leases = new Leases(60_000, cluster);
    const first = leases.acquire(ID);
    const second = leases.acquire(ID);

    const refused = [first, second].map((each) => expect(each).rejects.toThrow(ClosedError));
    await leases.close(1);

    await Promise.all(refused);
  });

  it('refuses a pinned upload at once to those who wait and to those who come, until it is let go', async () => {
    const leases = new Leases();
    const holder = await leases.acquire(ID);
    const waiting = leases.acquire(ID);

    holder.pin();

    await expect(waiting).rejects.toThrow(UploadBusyError);
    await expect(leases.acquire(ID)).rejects.toThrow(UploadBusyError);
    expect(await leases.tryAcquire(ID)).toBeUndefined();
    holder.release();
    const next = await leases.acquire(ID);
    expect(next.isPinned).toBe(false);
  });
});
