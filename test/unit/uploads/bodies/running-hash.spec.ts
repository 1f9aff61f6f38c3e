import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { RunningHash } from '../../../../lib/uploads/bodies/running-hash.js';
import { createVerifier } from '../../../../lib/uploads/bodies/verifier.js';

const BYTES = Buffer.from('The quick brown fox jumps over the lazy dog.');

/** The bytes that are stored, and how often they were read. */
class Store {
  bytes: Buffer = Buffer.alloc(0);
  reads = 0;
  /** Resolves before anything is given. */
  gate: Promise<void> = Promise.resolve();

  append(chunk: Uint8Array): number {
    this.bytes = Buffer.concat([this.bytes, chunk]);
    return this.bytes.length;
  }

  read({ start, end }: { start: number; end: number }): Readable {
    this.reads++;
    return Readable.from(this.blocks(start, end));
  }

  private async *blocks(start: number, end: number): AsyncGenerator<Buffer> {
    for (let at = start; at <= end; at += 5) {
      await this.gate;
      yield this.bytes.subarray(at, Math.min(at + 5, end + 1));
    }
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function start(store: Store): RunningHash {
  return new RunningHash({
    begin: () => createVerifier('sha256'),
    read: (range) => store.read(range),
    readsAhead: true,
  });
}

/** Adds bytes as an append does. */
function append(hash: RunningHash, store: Store, chunk: Uint8Array): void {
  hash.update([chunk], store.bytes.length);
  hash.advance(store.append(chunk));
}

async function digestOf(hash: RunningHash, store: Store): Promise<string> {
  return (await hash.digest(store.bytes.length)).toString('hex');
}

describe('the running hash of an upload', () => {
  it('is that of no bytes at first', async () => {
    const store = new Store();
    expect(await digestOf(start(store), store)).toBe(sha256(BYTES.subarray(0, 0)));
    expect(store.reads).toBe(0);
  });

  it('is that of bytes as they come, which are not read back', async () => {
    const store = new Store();
    const hash = start(store);
    for (let at = 0; at < BYTES.length; at += 7) {
      hash.resume(at);
      append(hash, store, BYTES.subarray(at, at + 3));
      append(hash, store, BYTES.subarray(at + 3, at + 7));
      await hash.pause(store.bytes.length);
    }
    expect(await digestOf(hash, store)).toBe(sha256(BYTES));
    expect(await digestOf(hash, store)).toBe(sha256(BYTES));
    expect(store.reads).toBe(0);
  });

  it('is that of bytes that others have stored', async () => {
    const store = new Store();
    store.append(BYTES);
    expect(await digestOf(start(store), store)).toBe(sha256(BYTES));
  });

  it.each([0, 1, 10, 30])('reads back while others come, %d of them after the first', async (n) => {
    const store = new Store();
    store.append(BYTES.subarray(0, 12));
    const hash = start(store);
    hash.resume(12);
    for (let at = 12; at < 14 + n; at++) append(hash, store, BYTES.subarray(at, at + 1));
    await new Promise(setImmediate);
    for (let at = 14 + n; at < BYTES.length; at++) {
      append(hash, store, BYTES.subarray(at, at + 1));
      if (at % 5 === 0) await new Promise(setImmediate);
    }
    expect(await digestOf(hash, store)).toBe(sha256(BYTES));
  });

  it('goes on as bytes come once it has read what was before them', async () => {
    const store = new Store();
    store.append(BYTES.subarray(0, 20));
    const hash = start(store);
    hash.resume(20);
    await digestOf(hash, store);
    const { reads } = store;
    append(hash, store, BYTES.subarray(20));
    expect(await digestOf(hash, store)).toBe(sha256(BYTES));
    expect(store.reads).toBe(reads);
  });

  it('goes back behind bytes that did not count', async () => {
    const store = new Store();
    const hash = start(store);
    append(hash, store, BYTES.subarray(0, 20));
    hash.resume(20);
    append(hash, store, Buffer.from('damaged'));
    store.bytes = store.bytes.subarray(0, 20);
    await hash.pause(20);

    hash.resume(20);
    append(hash, store, BYTES.subarray(20));
    await hash.pause(store.bytes.length);
    expect(await digestOf(hash, store)).toBe(sha256(BYTES));
    expect(store.reads).toBe(0);
  });

  it('goes back behind bytes that did not count while it reads what was before them', async () => {
    const store = new Store();
    store.append(BYTES.subarray(0, 20));
    const hash = start(store);
    hash.resume(20);
    append(hash, store, Buffer.from('damaged'));
    await new Promise(setImmediate);
    store.bytes = store.bytes.subarray(0, 20);
    await hash.pause(20);

    store.append(BYTES.subarray(20));
    expect(await digestOf(hash, store)).toBe(sha256(BYTES));
  });

  it('begins anew where there are fewer bytes than it knows', async () => {
    const store = new Store();
    const hash = start(store);
    append(hash, store, Buffer.from('other bytes than these'));
    store.bytes = Buffer.from(BYTES.subarray(0, 4));
    hash.resume(4);
    append(hash, store, BYTES.subarray(4));
    expect(await digestOf(hash, store)).toBe(sha256(BYTES));
  });

  it('reads nothing more while it rests', async () => {
    const store = new Store();
    store.append(BYTES);
    let open: () => void = () => undefined;
    store.gate = new Promise((resolve) => (open = resolve));
    const hash = start(store);
    hash.resume(BYTES.length);
    const resting = hash.pause(BYTES.length);
    open();
    await resting;
    const { reads } = store;
    await new Promise(setImmediate);
    expect(store.reads).toBe(reads);
    expect(await digestOf(hash, store)).toBe(sha256(BYTES));
  });

  it('fails, and does not wait for ever, where bytes are missing', async () => {
    const store = new Store();
    store.append(BYTES);
    const hash = start(store);
    await expect(hash.digest(BYTES.length + 1)).rejects.toThrow('missing');
    expect(await digestOf(hash, store)).toBe(sha256(BYTES));
  });

  it('fails with the error of the storage, and may be asked again', async () => {
    const store = new Store();
    store.append(BYTES);
    store.gate = Promise.reject(new Error('EIO'));
    const hash = start(store);
    hash.advance(BYTES.length);
    await expect(hash.digest(BYTES.length)).rejects.toThrow('EIO');
    store.gate = Promise.resolve();
    expect(await digestOf(hash, store)).toBe(sha256(BYTES));
  });
});
