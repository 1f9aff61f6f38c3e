import { setTimeout as pause } from 'node:timers/promises';
import { inTime } from '../../../lib/postgres/in-time.js';
import { NoAnswerError } from '../../../lib/postgres/postgres.errors.js';

/** Lets nothing happen in this process, as if it were stopped. */
function stopFor(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

describe('inTime()', () => {
  it('fails when there is no answer in time', async () => {
    const never = new Promise<void>(() => undefined);

    await expect(inTime(never, 5, 'An answer')).rejects.toThrow(NoAnswerError);
  });

  it('leaves an answer time to come when the process was stopped for longer than that', async () => {
    let answer: (text: string) => void = () => undefined;
    const asked = new Promise<string>((resolve) => (answer = resolve));
    const answered = inTime(asked, 1000, 'An answer');
    stopFor(1100);
    // Two turns of the event loop, as a connection needs some to be made.
    await pause(1);
    await pause(1);
    answer('there');

    await expect(answered).resolves.toBe('there');
  });
});
