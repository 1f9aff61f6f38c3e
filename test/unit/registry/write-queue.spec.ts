import { AsyncLocalStorage } from 'node:async_hooks';
import { WriteQueue } from '../../../lib/registry/lmdb/write-queue.js';

/** Transactions that commit, or fail, when a test says so. */
class Transactions {
  /** Writes in each transaction so far. */
  readonly sizes: number[] = [];
  mostAtOnce = 0;
  private running = 0;
  private readonly ends: ((failure?: Error) => void)[] = [];

  readonly queue = new WriteQueue<string[]>(async (work) => {
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.running);
    const written: string[] = [];
    work(written);
    this.sizes.push(written.length);
    await new Promise<void>((resolve, reject) => {
      this.ends.push((failure) => (failure ? reject(failure) : resolve()));
    });
    this.running--;
  });

  /** Ends the running transaction, once there is one. */
  async end(failure?: Error): Promise<void> {
    while (this.ends.length === 0) await Promise.resolve();
    this.ends.shift()?.(failure);
  }

  add(text: string): Promise<string> {
    return this.queue.add((written) => {
      written.push(text);
      return text;
    });
  }
}

describe('the queue of writes', () => {
  it('works for all in the context it was made in, and each goes on in its own', async () => {
    const requests = new AsyncLocalStorage<string>();
    const seen: (string | undefined)[] = [];
    const queue = new WriteQueue<undefined>((work) => {
      seen.push(requests.getStore());
      work(undefined);
      return Promise.resolve();
    });
    const write = (request: string) =>
      requests.run(request, async () => {
        await queue.add(() => undefined);
        return requests.getStore();
      });

    expect(await Promise.all(['a', 'b', 'c'].map(write))).toEqual(['a', 'b', 'c']);
    expect(await write('d')).toBe('d');
    expect(seen).toEqual([undefined, undefined]);
  });

  it('puts writes that are asked for at once into one transaction', async () => {
    const transactions = new Transactions();
    const writes = Array.from({ length: 64 }, (_, i) => transactions.add(`${i}`));
    await transactions.end();
    expect(await Promise.all(writes)).toEqual(Array.from({ length: 64 }, (_, i) => `${i}`));
    expect(transactions.sizes).toEqual([64]);
  });

  it('gathers what arrives during a transaction into the next one', async () => {
    const transactions = new Transactions();
    const first = transactions.add('first');
    const end = transactions.end();
    await Promise.resolve();
    const others = Array.from({ length: 10 }, (_, i) => transactions.add(`${i}`));
    await end;
    await first;
    await transactions.end();
    await Promise.all(others);
    expect(transactions.sizes).toEqual([1, 10]);
  });

  it('never runs two transactions at a time', async () => {
    const transactions = new Transactions();
    for (let i = 0; i < 5; i++) {
      const write = transactions.add(`${i}`);
      await transactions.end();
      await write;
    }
    expect(transactions.sizes).toHaveLength(5);
    expect(transactions.mostAtOnce).toBe(1);
  });

  it('resolves a write only when its transaction is committed', async () => {
    const transactions = new Transactions();
    let committed = false;
    const write = transactions.add('x').then(() => expect(committed).toBe(true));
    for (let i = 0; i < 20; i++) await Promise.resolve();
    expect(transactions.sizes).toEqual([1]);
    committed = true;
    await transactions.end();
    await write;
  });

  it('keeps a transaction so small that it does not hold up everything else', async () => {
    const transactions = new Transactions();
    const writes = Array.from({ length: 600 }, (_, i) => transactions.add(`${i}`));
    for (let i = 0; i < 3; i++) await transactions.end();
    await Promise.all(writes);
    expect(transactions.sizes).toEqual([256, 256, 88]);
  });

  it('passes on what one write throws, and commits the others', async () => {
    const transactions = new Transactions();
    const refusal = new Error('no');
    const results = Promise.allSettled([
      transactions.add('before'),
      transactions.queue.add(() => {
        throw refusal;
      }),
      transactions.add('after'),
    ]);
    await transactions.end();
    expect(await results).toEqual([
      { status: 'fulfilled', value: 'before' },
      { status: 'rejected', reason: refusal },
      { status: 'fulfilled', value: 'after' },
    ]);
  });

  it('tells every write of a failed transaction why, and goes on with the next', async () => {
    const transactions = new Transactions();
    const failure = new Error('full');
    const failed = Promise.allSettled([transactions.add('a'), transactions.add('b')]);
    await transactions.end(failure);
    const reasons = (await failed).map((it) => it.status === 'rejected' && it.reason);
    expect(reasons).toEqual([failure, failure]);

    const next = transactions.add('c');
    await transactions.end();
    expect(await next).toBe('c');
  });

  it('goes on when a transaction failed before it ran', async () => {
    let broken = true;
    const queue = new WriteQueue<undefined>(async (work) => {
      if (broken) throw new Error('broken');
      work(undefined);
    });
    await expect(queue.add(() => 1)).rejects.toThrow('broken');
    broken = false;
    expect(await queue.add(() => 2)).toBe(2);
  });

  it('is idle when nothing is waiting or under way', async () => {
    const transactions = new Transactions();
    await transactions.queue.idle();
    let idle = false;
    const write = transactions.add('x');
    const waiting = transactions.queue.idle().then(() => (idle = true));
    for (let i = 0; i < 20; i++) await Promise.resolve();
    expect(idle).toBe(false);
    await transactions.end();
    await Promise.all([write, waiting]);
    expect(idle).toBe(true);
  });
});
