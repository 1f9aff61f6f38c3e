import { AsyncLocalStorage } from 'node:async_hooks';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { PassThrough, Readable } from 'node:stream';
import { BodyMemory } from '../../../../lib/uploads/bodies/body-memory.js';
import { pump, type PumpTarget } from '../../../../lib/uploads/bodies/body-pump.js';
import { Leases } from '../../../../lib/uploads/leases/leases.js';
import type { Lease } from '../../../../lib/uploads/leases/lease.js';

const ID = 'a'.repeat(32);
const MIB = 1024 * 1024;

/** Bytes in memory from which on bodies wait for each other. */
const FULL = 3 * MIB;

/** Something that takes bytes, and can be made to take its time. */
class Sink {
  readonly batches: Buffer[] = [];
  private gate?: Promise<void>;
  private open?: () => void;

  readonly write = async (chunks: readonly Uint8Array[]): Promise<void> => {
    this.batches.push(Buffer.concat(chunks));
    await this.gate;
  };

  get text(): string {
    return Buffer.concat(this.batches).toString();
  }

  hold(): void {
    this.gate = new Promise((resolve) => (this.open = resolve));
  }

  letGo(): void {
    this.open?.();
  }
}

describe('pump', () => {
  let leases: Leases;
  let lease: Lease;
  let sink: Sink;
  let memory: BodyMemory;

  afterEach(() => lease.release());

  beforeEach(async () => {
    leases = new Leases();
    lease = await leases.acquire(ID);
    sink = new Sink();
    memory = new BodyMemory();
  });

  /** Sends something, and is then made to wait as others take all the memory there is. */
  async function waitForRoom(body: PassThrough): Promise<void> {
    sink.hold();
    body.write('first, ');
    await untilTrue(() => sink.batches.length === 1);
    memory.take(FULL);
    body.write('second, ');
    await untilTrue(() => body.isPaused());
    sink.letGo();
    await untilTrue(() => sink.batches.length === 2);
  }

  function target(change: Partial<PumpTarget> = {}): PumpTarget {
    return { write: sink.write, limit: Infinity, idleTimeout: 10_000, memory, lease, ...change };
  }

  it('writes everything in order and says that the body ended', async () => {
    const chunks = Array.from({ length: 500 }, (_, number) => `${number} `);

    expect(await pump(Readable.from(chunks.map(Buffer.from)), target())).toBe('ended');

    expect(sink.text).toBe(chunks.join(''));
  });

  it('ends at once for a body without bytes, and writes nothing', async () => {
    expect(await pump(Readable.from([]), target())).toBe('ended');

    expect(sink.batches).toEqual([]);
  });

  it('gathers what arrives while a batch is being written into one next batch', async () => {
    const body = new PassThrough();
    sink.hold();
    const done = pump(body, target());
    body.write('first');
    await untilTrue(() => sink.batches.length === 1);
    for (const part of ['a', 'b', 'c']) body.write(part);
    body.end();
    await untilTrue(() => body.readableEnded);
    sink.letGo();

    expect(await done).toBe('ended');
    expect(sink.batches.map(String)).toEqual(['first', 'abc']);
  });

  it('makes the client wait when the disk is slow, so memory stays bounded', async () => {
    const body = new PassThrough({ highWaterMark: 64 * 1024 });
    sink.hold();
    const done = pump(body, target());
    let sent = 0;
    while (sent < 64 * MIB && (body.write(Buffer.alloc(64 * 1024)) || !body.isPaused())) {
      sent += 64 * 1024;
      await new Promise(setImmediate);
    }

    expect(sent).toBeLessThan(4 * MIB);
    expect(body.isPaused()).toBe(true);

    sink.letGo();
    body.end();
    expect(await done).toBe('ended');
  });

  it('reads a body that somebody has paused, and still makes its client wait', async () => {
    const body = new PassThrough({ highWaterMark: 64 * 1024 });
    body.pause();
    body.write(Buffer.alloc(64 * 1024));
    sink.hold();
    const done = pump(body, target());
    await untilTrue(() => sink.batches.length === 1);
    for (let sent = 0; sent < 64 * MIB && !body.isPaused(); sent += 64 * 1024) {
      body.write(Buffer.alloc(64 * 1024));
      await new Promise(setImmediate);
    }
    expect(body.isPaused()).toBe(true);

    sink.letGo();
    body.end();
    expect(await done).toBe('ended');
  });

  it('lets other bodies through while the file of one hangs', async () => {
    const hanging = new PassThrough({ highWaterMark: 64 * 1024 });
    sink.hold();
    const hung = pump(hanging, target());
    await fill(hanging);
    const others = new Sink();
    const piece = Buffer.alloc(64 * 1024);
    const other = Readable.from(Array.from({ length: 128 }, () => piece));

    expect(await pump(other, target({ write: others.write }))).toBe('ended');
    expect(Buffer.concat(others.batches)).toHaveLength(8 * MIB);

    sink.letGo();
    hanging.end();
    expect(await hung).toBe('ended');
  });

  it('makes bodies wait for each other, and lets them go on when bytes were written', async () => {
    sink.hold();
    const bodies = Array.from({ length: 3 }, () => new PassThrough({ highWaterMark: 64 * 1024 }));
    const ends = bodies.map((body) => pump(body, target()));
    for (const body of bodies.slice(0, 2)) await fill(body);
    const [, , last] = bodies as [PassThrough, PassThrough, PassThrough];
    last.write('first, ');
    await untilTrue(() => last.isPaused());

    for (const body of bodies) body.end('the rest');
    sink.letGo();

    expect(await Promise.all(ends)).toEqual(['ended', 'ended', 'ended']);
    expect(sink.text).toContain('first, ');
    expect(sink.text.split('the rest')).toHaveLength(4);
  });

  it('does not call a client idle that waits for the bytes of others to be written', async () => {
    const body = new PassThrough();
    const done = pump(body, target({ idleTimeout: 20 }));
    await waitForRoom(body);
    await new Promise((resolve) => setTimeout(resolve, 60));
    body.end('the rest');
    memory.release(FULL);

    expect(await done).toBe('ended');
    expect(sink.text).toBe('first, second, the rest');
  });

  it('begins no body while the bytes of others fill the memory', async () => {
    memory.take(FULL);
    const body = new PassThrough();
    const done = pump(body, target({ idleTimeout: 20, minRate: MIB }));
    body.end('all of it');
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(sink.batches).toEqual([]);

    memory.release(FULL);
    expect(await done).toBe('ended');
    expect(sink.text).toBe('all of it');
  });

  it('leaves a body alone that was taken away while it waited for room in memory', async () => {
    const body = new PassThrough();
    const done = pump(body, target());
    await waitForRoom(body);
    void leases.acquire(ID);
    expect(await done).toBe('newer-request');
    memory.release(FULL);

    expect(body.isPaused()).toBe(true);
  });

  it.each(['fails to be written', 'is lost', 'is taken away'])(
    'leaves nothing in memory of a body that %s',
    async (fate) => {
      const body = new PassThrough({ highWaterMark: 64 * 1024 });
      sink.hold();
      const write = async (chunks: readonly Uint8Array[]) => {
        await sink.write(chunks);
        if (fate === 'fails to be written') throw new Error('EIO');
      };
      const done = pump(body, target({ write })).catch(() => undefined);
      await fill(body);
      if (fate === 'is lost') body.destroy();
      if (fate === 'is taken away') void leases.acquire(ID);
      sink.letGo();
      await done;

      memory.take(FULL - 1);
      expect(memory.isFullFor(0)).toBe(false);
      memory.take(1);
      expect(memory.isFullFor(0)).toBe(true);
    },
  );

  it('keeps what came before the connection was lost', async () => {
    const body = new PassThrough();
    const done = pump(body, target());
    body.write('kept');
    await untilTrue(() => sink.text === 'kept');
    body.destroy(new Error('ECONNRESET'));

    expect(await done).toBe('lost');
    expect(sink.text).toBe('kept');
  });

  it('does not wait for a body that was lost before anyone read it', async () => {
    const body = new PassThrough();
    body.destroy();

    expect(await pump(body, target())).toBe('lost');
  });

  it('ends a body that sends nothing for too long', async () => {
    const body = new PassThrough();
    body.write('kept');

    expect(await pump(body, target({ idleTimeout: 20 }))).toBe('idle');
    expect(sink.text).toBe('kept');
  });

  it('does not call a client idle while it waits for the disk', async () => {
    const body = new PassThrough();
    sink.hold();
    const done = pump(body, target({ idleTimeout: 20 }));
    body.end('slow disk');
    await new Promise((resolve) => setTimeout(resolve, 60));
    sink.letGo();

    expect(await done).toBe('ended');
  });

  it('does not call a client idle whose bytes wait for a process that is busy', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    const [body] = (await once(server, 'connection')) as [Socket];
    const done = pump(body, target({ idleTimeout: 50 }));
    client.write('in ');
    await untilTrue(() => sink.text !== '');
    client.end('time');
    const busyUntil = Date.now() + 100;
    while (Date.now() < busyUntil);

    const end = await done;
    body.destroy();
    server.close();
    expect(end).toBe('ended');
    expect(sink.text).toBe('in time');
  });

  it('ends a body that comes too slowly, and keeps what came', async () => {
    const body = new PassThrough();
    const trickle = setInterval(() => body.write('x'), 5);

    const end = await pump(body, target({ minRate: MIB, idleTimeout: 500 }));
    clearInterval(trickle);

    expect(end).toBe('slow');
    expect(sink.text).toMatch(/^x+$/);
  });

  it('does not end a body that comes fast enough, however long it takes', async () => {
    const body = new PassThrough();
    const done = pump(body, target({ minRate: 1, idleTimeout: 20 }));
    const started = Date.now();
    while (Date.now() < started + 100) {
      body.write('x');
      await new Promise(setImmediate);
    }
    body.end();

    expect(await done).toBe('ended');
  });

  it('does not call a client slow that the disk makes wait', async () => {
    const body = new PassThrough({ highWaterMark: 64 * 1024 });
    sink.hold();
    // Long enough for the first window to end after the pause, also on a busy machine.
    const done = pump(body, target({ minRate: 64 * MIB, idleTimeout: 500 }));
    await fill(body);
    await new Promise((resolve) => setTimeout(resolve, 1200));
    body.end();
    sink.letGo();

    expect(await done).toBe('ended');
  });

  it('does not end a body too slow for the time it waited for room in memory', async () => {
    const body = new PassThrough();
    const done = pump(body, target({ minRate: MIB, idleTimeout: 50 }));
    await waitForRoom(body);
    await new Promise((resolve) => setTimeout(resolve, 120));
    body.end(Buffer.alloc(MIB));
    memory.release(FULL);

    expect(await done).toBe('ended');
  });

  it('stops at the first byte too many', async () => {
    expect(await pump(Readable.from([Buffer.from('12345')]), target({ limit: 4 }))).toBe(
      'overflow',
    );
  });

  it('takes a body that just fits', async () => {
    expect(await pump(Readable.from([Buffer.from('1234')]), target({ limit: 4 }))).toBe('ended');
  });

  it('writes what it has read and lets go when a newer request comes', async () => {
    const body = new PassThrough();
    sink.hold();
    const done = pump(body, target());
    body.write('first ');
    await untilTrue(() => sink.batches.length === 1);
    body.write('second');
    await untilTrue(() => body.readableLength === 0);

    void leases.acquire(ID);
    body.write('too late');
    sink.letGo();

    expect(await done).toBe('newer-request');
    expect(sink.text).toBe('first second');
  });

  it('takes what has arrived already even when it was asked to let go before it began', async () => {
    void leases.acquire(ID);
    const body = new PassThrough();
    body.write('already here');

    expect(await pump(body, target())).toBe('newer-request');
    expect(sink.text).toBe('already here');
  });

  it('takes what has arrived already even when it was to wait for room in memory before', async () => {
    memory.take(FULL);
    const body = new PassThrough();
    const done = pump(body, target());
    void leases.acquire(ID);
    body.write('already here');
    memory.release(FULL);

    expect(await done).toBe('newer-request');
    expect(sink.text).toBe('already here');
  });

  it('takes a whole body that has arrived already as one that ended', async () => {
    void leases.acquire(ID);
    const body = new PassThrough();
    body.end('all of it');

    expect(await pump(body, target())).toBe('ended');
    expect(sink.text).toBe('all of it');
  });

  describe('writes in the context of the request', () => {
    const requests = new AsyncLocalStorage<string>();
    const writers: (string | undefined)[] = [];
    const write = (chunks: readonly Uint8Array[]): Promise<void> => {
      writers.push(requests.getStore());
      return sink.write(chunks);
    };
    const mine = <T>(work: () => T): T => requests.run('mine', work);
    beforeEach(() => {
      writers.length = 0;
    });

    it('when another one’s bytes have made room for it', async () => {
      const body = new PassThrough();
      memory.take(FULL);
      const done = mine(() => pump(body, target({ write })));
      mine(() => body.end('hello'));

      requests.run('another', () => memory.release(FULL));

      expect(await done).toBe('ended');
      expect(writers).toEqual(['mine']);
    });

    it('when a newer one takes its upload', async () => {
      const body = new PassThrough();
      const done = mine(() => pump(body, target({ write })));
      mine(() => body.write('first, '));
      await untilTrue(() => writers.length === 1);
      mine(() => body.write('second'));

      requests.run('newer', () => lease.revoke('newer-request'));

      expect(await done).toBe('newer-request');
      expect(writers).toEqual(['mine', 'mine']);
    });
  });

  it('passes on the error of a write that failed, and stops reading', async () => {
    const body = new PassThrough();
    const done = pump(body, target({ write: () => Promise.reject(new Error('EIO')) }));
    body.write('x');

    await expect(done).rejects.toThrow('EIO');
    expect(body.isPaused()).toBe(true);
  });

  it('survives a connection that breaks after the pump is done with it', async () => {
    const body = new PassThrough();
    const done = pump(body, target());
    void leases.acquire(ID);
    await done;

    const closed = new Promise((resolve) => body.once('close', resolve));
    body.destroy(new Error('ECONNRESET'));
    await closed;
  });
});

async function untilTrue(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(setImmediate);
}

/** Sends until the client is made to wait. */
async function fill(body: PassThrough): Promise<void> {
  while (!body.isPaused()) {
    body.write(Buffer.alloc(64 * 1024));
    await new Promise(setImmediate);
  }
}
