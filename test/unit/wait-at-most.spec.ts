import { setTimeout as pause } from 'node:timers/promises';
import { waitAtMost } from '../../lib/wait-at-most.js';
import { watchUnhandledRejections } from '../support/process-watch.js';

describe('waitAtMost', () => {
  it('tells that work has ended in time, and does not wait longer', async () => {
    expect(await waitAtMost(60_000, Promise.resolve('done'))).toBe(true);
  });

  it('tells that work has not ended in time', async () => {
    expect(await waitAtMost(1, new Promise(() => {}))).toBe(false);
  });

  it('throws what the work throws in time', async () => {
    await expect(waitAtMost(60_000, Promise.reject(new Error('no')))).rejects.toThrow('no');
  });

  it('leaves what fails later to no one', async () => {
    const rejections = watchUnhandledRejections();
    let fail = (_error: Error) => {};
    const work = new Promise<void>((_resolve, reject) => (fail = reject));
    expect(await waitAtMost(1, work)).toBe(false);
    fail(new Error('late'));
    await pause(0);
    expect(rejections.reasons).toEqual([]);
    rejections.stop();
  });
});
