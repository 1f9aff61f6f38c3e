import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { UploadFencedError, UploadLostError } from '../../lib/errors/index.js';
import type { UploadRecord } from '../../lib/registry/index.js';
import { MultipartRequests } from '../../lib/storage/s3/requests/multipart-requests.js';
import type { S3Context } from '../../lib/storage/s3/s3.context.js';
import type { UploadStorage } from '../../lib/storage/storage.interface.js';
import type { UploadWriter } from '../../lib/storage/upload-writer.interface.js';
import { eventually } from '../support/eventually.js';
import { Mortal } from '../support/s3/mortal-client.js';
import { bytes, MIB, S3World } from '../support/s3/s3-world.js';

let world: S3World;

beforeEach(async () => {
  world = new S3World();
  await world.make();
});

afterEach(() => world.close());

/** The parts of an upload that are in the bucket, as their sizes. */
async function partsOf(upload: UploadRecord): Promise<readonly number[]> {
  const { bucket, key, multipart } = world.state(upload)!;
  const at = { bucket, key, uploadId: multipart!.id };
  const parts = await new MultipartRequests(world.bucket.client).parts(at);
  return parts.map(({ size }) => size);
}

describe('requests to the store', () => {
  it('are none for an upload without bytes that is looked at', async () => {
    const storage = await world.storage();
    expect(await storage.stat(world.upload())).toBeUndefined();
    expect(world.asked).toEqual([]);
  });

  it('are one for a small upload that comes at once', async () => {
    const storage = await world.storage();
    const content = bytes(4096);
    const upload = await world.finish(storage, world.upload({ length: 4096 }), content);
    expect(world.asked).toEqual(['PutObject']);
    expect(await world.read(storage, upload)).toEqual(content);
    expect(await world.bucket.all()).toEqual([upload.id]);
  });

  it('are one for an empty file, which is an object', async () => {
    const storage = await world.storage();
    const upload = await world.finish(storage, world.upload({ length: 0 }));
    expect(world.asked).toEqual(['PutObject']);
    expect(await world.read(storage, upload)).toEqual(Buffer.alloc(0));
    expect(await storage.stat(upload)).toMatchObject({ size: 0 });
  });

  it.each([
    ['as it has', 100 * MIB],
    ['fewer than it has', 90 * MIB],
    ['more than it has', 200 * MIB],
    ['none', undefined],
  ])('are at most 16 for 100 MiB in one request that announces %s', async (_, announced) => {
    const storage = await world.storage();
    const content = bytes(100 * MIB);
    const upload = world.upload({ length: content.length });
    const finished = await world.finish(storage, upload, content, { announced });
    expect(world.asked.length).toBeLessThanOrEqual(16);
    expect((await world.read(storage, finished)).equals(content)).toBe(true);
    expect(await world.bucket.all()).toEqual([upload.id]);
  });

  it('are at most 23 for 100 MiB in requests of 5 MiB, and none has a remainder', async () => {
    const storage = await world.storage();
    const content = bytes(100 * MIB);
    const upload = world.upload({ length: content.length });
    for (let at = 0; at < content.length - 5 * MIB; at += 5 * MIB) {
      await world.append(storage, upload, content.subarray(at, at + 5 * MIB));
      expect(world.state(upload)).toMatchObject({ size: at + 5 * MIB });
      expect(world.state(upload)?.remainder).toBeUndefined();
    }
    const finished = await world.finish(storage, upload, content.subarray(95 * MIB));
    expect(world.asked.length).toBeLessThanOrEqual(23);
    expect(world.asked.filter((name) => name === 'PutObject')).toEqual([]);
    expect((await world.read(storage, finished)).equals(content)).toBe(true);
  });
});

describe('appending', () => {
  it('goes on where the record says, in another process, of pieces of any size', async () => {
    const sizes = [1, 3 * MIB, 4 * MIB, 70_000, 9 * MIB, 2 * MIB, 20 * MIB, 5, 6 * MIB];
    const content = bytes(sizes.reduce((total, size) => total + size, 0));
    const upload = world.upload({ length: content.length });
    let at = 0;
    for (const size of sizes.slice(0, -1)) {
      const storage = await world.storage();
      await world.append(storage, upload, content.subarray(at, at + size));
      at += size;
      expect(await storage.stat(world.now(upload))).toMatchObject({ size: at, flushed: at });
      // The object before was replaced.
      expect((await world.bucket.objects()).length).toBeLessThanOrEqual(1);
    }
    const storage = await world.storage();
    const finished = await world.finish(storage, upload, content.subarray(at));
    expect((await world.read(storage, finished)).equals(content)).toBe(true);
    expect(await world.bucket.all()).toEqual([upload.id]);
  });

  it('makes one part of each request of 5 to 10 MiB', async () => {
    const storage = await world.storage();
    const upload = world.upload();
    for (const size of [5, 7, 10, 6, 9]) await world.append(storage, upload, bytes(size * MIB));
    expect(world.state(upload)?.multipart?.parts).toEqual([1, 5]);
    expect(world.state(upload)?.remainder).toBeUndefined();
    expect(JSON.stringify(world.state(upload)).length).toBeLessThan(300);
  });

  it('sends a part as soon as it is full when a request announces that another follows', async () => {
    const storage = await world.storage();
    const upload = world.upload();
    const writer = await storage.openWriter(upload, { announced: 14 * MIB });
    await writer.write([bytes(8 * MIB)]);
    await eventually(async () => expect(await partsOf(upload)).toEqual([8 * MIB]));
    // Then it breaks off: what is too small for a part is kept all the same.
    await writer.write([bytes(MIB)]);
    await writer.confirm();
    await writer.close();
    expect(world.state(upload)).toMatchObject({
      size: 9 * MIB,
      remainder: { size: MIB },
      multipart: { parts: [1, 1] },
    });
  });

  it('finishes an upload whose length comes at last, of a remainder only', async () => {
    const storage = await world.storage();
    const upload = world.upload();
    const content = bytes(1000);
    await world.append(storage, upload, content);
    const finished = await world.finish(storage, upload);
    expect(await world.read(storage, finished)).toEqual(content);
    expect(await world.bucket.all()).toEqual([upload.id]);
  });

  it('can be taken back to where it was opened', async () => {
    const storage = await world.storage();
    const upload = world.upload();
    const before = bytes(6 * MIB + 100);
    await world.append(storage, upload, before.subarray(0, 6 * MIB));
    await world.append(storage, upload, before.subarray(6 * MIB));
    for (const isProvisional of [true, false]) {
      const writer = await storage.openWriter(world.now(upload), { isProvisional });
      await writer.write([bytes(150 * MIB)]);
      await writer.truncate(before.length);
      expect(writer.size).toBe(before.length);
      expect(world.state(upload)?.size).toBe(before.length);
      const after = bytes(100);
      await writer.write([after]);
      await writer.truncate(before.length);
      await writer.confirm();
      await writer.close();
    }
    const last = bytes(3 * MIB);
    const finished = await world.finish(storage, upload, last);
    const whole = Buffer.concat([before, last]);
    expect((await world.read(storage, finished)).equals(whole)).toBe(true);
    expect(await world.bucket.all()).toEqual([upload.id]);
  });

  it('counts nothing of a request that may be taken back before it is confirmed', async () => {
    const storage = await world.storage();
    const upload = world.upload();
    const writer = await storage.openWriter(upload, { isProvisional: true });
    await writer.write([bytes(200 * MIB)]);
    expect(world.state(upload)?.size).toBe(0);
    await writer.close();
    expect(world.state(upload)?.size).toBe(0);
  });

  it('counts parts that are there while a long request goes on', async () => {
    const storage = await world.storage();
    const upload = world.upload();
    const content = bytes(200 * MIB);
    const writer = await storage.openWriter(upload);
    await writer.write([content.subarray(0, 190 * MIB)]);
    const { size } = world.state(upload)!;
    expect(size).toBeGreaterThan(64 * MIB);
    await writer.close();

    // Its process has died; numbers that were reserved are gone.
    const other = await world.storage();
    const rest = content.subarray(world.state(upload)!.size);
    const finished = await world.finish(other, upload, rest);
    expect((await world.read(other, finished)).equals(content)).toBe(true);
    expect(await world.bucket.all()).toEqual([upload.id]);
  });
});

describe('memory', () => {
  const held = (storage: UploadStorage) => {
    const { context } = storage as unknown as { readonly context: S3Context };
    return context.memory.size;
  };

  it.each([
    ['announced', 80 * MIB],
    ['unannounced', undefined],
  ])('is waited for in place of a file while %s parts are on their way', async (_, announced) => {
    const storage = await world.storage();
    const { context } = storage as unknown as { readonly context: S3Context };
    const files = jest.spyOn(context.scratch, 'make');
    const content = bytes(80 * MIB);
    const upload = world.upload({ length: content.length });
    const finished = await world.finish(storage, upload, content, { announced });
    expect(files).not.toHaveBeenCalled();
    expect((await world.read(storage, finished)).equals(content)).toBe(true);
    expect(held(storage)).toBe(0);
  });

  it.each([1, 3, 6])('is all let go of when the store fails at step %d', async (after) => {
    const storage = world.started({ concurrency: 1 }, new Mortal({ after }));
    const writer = await storage.openWriter(world.upload());
    const writing = writer.write([bytes(80 * MIB)]).then(() => writer.confirm());
    await expect(writing).rejects.toThrow();
    await writer.close();
    expect(held(storage)).toBe(0);
  });
});

describe('the start of an upload', () => {
  it('is known as soon as it has come, in one request or several, and when it is whole', async () => {
    const storage = await world.storage();
    const upload = world.upload();
    const content = bytes(6 * MIB);
    await world.append(storage, upload, content.subarray(0, 100));
    const writer = await storage.openWriter(world.now(upload));
    await writer.write([content.subarray(100, 5000)]);
    expect(Buffer.from(await writer.start(4100))).toEqual(content.subarray(0, 4100));
    await writer.write([content.subarray(5000)]);
    await writer.confirm();
    await writer.close();

    const last = await storage.openWriter(world.now(upload));
    expect(Buffer.from(await last.start(4100))).toEqual(content.subarray(0, 4100));
    await last.close();
  });
});

describe('what counts', () => {
  it('is nothing of a process that has lost the upload', async () => {
    const storage = await world.storage();
    const upload = world.upload();
    await world.append(storage, upload, bytes(6 * MIB));
    const { stored } = world.now(upload);
    const writer = await storage.openWriter(world.now(upload));
    await writer.write([bytes(MIB)]);
    world.takeFrom(storage, upload);
    await expect(writer.confirm()).rejects.toThrow(UploadFencedError);
    await writer.close();
    expect(world.now(upload).stored).toEqual(stored);
    await expect(storage.remove(upload)).rejects.toThrow(UploadFencedError);
  });

  it.each([
    ['bytes', (writer: UploadWriter) => writer.write([bytes(10)])],
    ['its start', (writer: UploadWriter) => writer.start(100)],
    ['its end', (writer: UploadWriter) => writer.complete()],
  ] as const)(
    'is for another process to say, once that has taken the upload from one that is at %s',
    async (_name, work) => {
      const frozen = await world.storage();
      const upload = world.upload();
      await world.append(frozen, upload, bytes(1000));
      const writer = await frozen.openWriter(world.now(upload));
      await world.append(await world.storage(), upload, bytes(1000));
      // What it looks for was replaced, and it hears of that after it has asked.
      const working = work(writer);
      world.takeFrom(frozen, upload);
      await expect(working).rejects.toThrow(UploadFencedError);
      await writer.close();
    },
  );

  it('is not a part that was never reserved, or comes after its upload was taken over', async () => {
    const frozen = await world.storage();
    const upload = world.upload();
    const first = await frozen.openWriter(upload);
    // Its parts are on their way, and their numbers reserved, when it falls asleep.
    await first.write([bytes(30 * MIB)]);
    world.takeFrom(frozen, upload);
    const other = await world.storage();
    const content = bytes(40 * MIB);
    await world.append(other, upload, content.subarray(0, 20 * MIB));
    await first.close().catch(() => undefined);
    const finished = await world.finish(other, upload, content.subarray(20 * MIB));
    expect((await world.read(other, finished)).equals(content)).toBe(true);
    expect(await world.bucket.all()).toEqual([upload.id]);
  });

  it('is lost with its multipart upload, and never called complete', async () => {
    const storage = await world.storage();
    const upload = world.upload({ length: 12 * MIB });
    await world.append(storage, upload, bytes(6 * MIB));
    await world.bucket.abortAll();
    await expect(world.finish(storage, upload, bytes(6 * MIB))).rejects.toThrow(UploadLostError);
    expect(await world.bucket.all()).toEqual([]);
  });

  it('is lost with its remainder', async () => {
    const storage = await world.storage();
    const upload = world.upload({ length: 2000 });
    await world.append(storage, upload, bytes(1000));
    await world.bucket.deleteAll();
    await expect(world.finish(storage, upload, bytes(1000))).rejects.toThrow(UploadLostError);
  });

  it('is an object that was made just before a crash', async () => {
    const storage = await world.storage();
    const content = bytes(20 * MIB);
    const upload = world.upload({ length: content.length });
    const writer = await storage.openWriter(upload);
    await writer.write([content]);
    await writer.complete();
    await writer.close();

    const other = await world.storage();
    expect(await other.stat(world.now(upload))).toMatchObject({ size: content.length });
    const finished = await world.finish(other, upload);
    expect((await world.read(other, finished)).equals(content)).toBe(true);
  });

  it('is lost when the object that was made is gone, or another', async () => {
    for (const change of ['delete', 'replace'] as const) {
      const storage = await world.storage();
      const upload = world.upload({ length: 12 * MIB });
      const writer = await storage.openWriter(upload);
      await writer.write([bytes(20 * MIB)]);
      await writer.complete();
      await writer.close();
      if (change === 'delete') await world.bucket.deleteAll();
      else await world.bucket.put(upload.id, bytes(20 * MIB));
      await expect(world.finish(storage, upload)).rejects.toThrow(UploadLostError);
    }
  });
});

describe('a finish that is put off', () => {
  it('leaves what came, in one request or several, and of whatever size', async () => {
    for (const size of [1000, 20 * MIB]) {
      const storage = await world.storage();
      const content = bytes(size);
      const upload = world.upload({ length: size });
      const writer = await storage.openWriter(upload, { isProvisional: true });
      await writer.write([content]);
      await writer.complete();
      await writer.confirm();
      await writer.close();
      expect(await storage.stat(world.now(upload))).toMatchObject({ size });
      const finished = await world.finish(storage, upload);
      expect((await world.read(storage, finished)).equals(content)).toBe(true);
    }
  });
});

describe('removing', () => {
  it('leaves nothing of an upload, in any state, and may be repeated', async () => {
    const storage = await world.storage();
    const begun = world.upload();
    await world.append(storage, begun, bytes(100));
    const long = world.upload();
    await world.append(storage, long, bytes(7 * MIB));
    await world.append(storage, long, bytes(100));
    const finished = await world.finish(storage, world.upload({ length: 3 }), bytes(3));
    const empty = world.upload();
    for (const upload of [begun, long, finished, empty, begun, long, finished]) {
      await storage.remove(world.now(upload));
    }
    expect(await world.bucket.all()).toEqual([]);
    expect(await storage.stat(world.now(finished))).toBeUndefined();
  });

  it('clears away old multipart uploads and remainders of ours, and nothing else', async () => {
    const storage = await world.storage({ prefix: 'up/' });
    const long = world.upload();
    await world.append(storage, long, bytes(7 * MIB));
    await world.append(storage, long, bytes(100));
    const other = await world.bucket.begin('other-app');
    const near = await world.bucket.begin('up/reports/2024.csv');
    await world.bucket.put('up/whole', bytes(3));
    const finished = await world.finish(storage, world.upload({ length: 3 }), bytes(3));
    const cleared: (string | undefined)[] = [];
    for await (const holding of storage.holdings()) {
      expect(await storage.clear(holding, Date.now() - 60_000)).toBeUndefined();
      expect(await storage.clear(holding, Date.now() + 60_000)).toEqual({ kind: 'removed' });
      cleared.push(holding.id);
    }
    expect(cleared).toEqual([long.id, long.id]);
    expect([...(await world.bucket.all())].sort()).toEqual(
      ['up/whole', `up/${finished.id}`, other, near].sort(),
    );
  });
});

describe('concatenating', () => {
  it('copies in the store, and reads only what is too small for that', async () => {
    const storage = await world.storage();
    const sizes = [6 * MIB, 3, 12 * MIB, 0, 2 * MIB, 5 * MIB, 1];
    const contents = sizes.map((size) => bytes(size));
    const parts = [];
    for (const content of contents) {
      const part = world.upload({ length: content.length });
      parts.push(await world.finish(storage, part, content));
    }
    const whole = Buffer.concat([...contents, contents[0]!]);
    const upload = world.upload({ length: whole.length, kind: 'final' });
    world.asked.length = 0;
    await storage.concatenate(upload, [...parts, parts[0]!]);
    const finished = await world.finish(storage, upload);
    expect(world.asked).not.toContain('PutObject');
    expect((await world.read(storage, finished)).equals(whole)).toBe(true);
    for (const part of parts) expect(await storage.stat(part)).toBeDefined();
  });

  it('makes an object of small ones, and of none', async () => {
    const storage = await world.storage();
    const part = await world.finish(storage, world.upload({ length: 3 }), Buffer.from('abc'));
    const small = world.upload({ length: 6 });
    await storage.concatenate(small, [part, part]);
    expect(String(await world.read(storage, await world.finish(storage, small)))).toBe('abcabc');
    const none = world.upload({ length: 0 });
    await storage.concatenate(none, []);
    expect(await world.read(storage, await world.finish(storage, none))).toEqual(Buffer.alloc(0));
  });

  it('fails when a part is gone or another, and leaves nothing once it is removed', async () => {
    const storage = await world.storage();
    for (const size of [6 * MIB, 100]) {
      const part = await world.finish(storage, world.upload({ length: size }), bytes(size));
      await world.bucket.put(part.id, bytes(size));
      const upload = world.upload({ length: size });
      await expect(storage.concatenate(upload, [part])).rejects.toThrow('was replaced');
      await storage.remove(world.now(upload));
      await storage.remove(part);
      const again = world.upload({ length: size });
      await expect(storage.concatenate(again, [part])).rejects.toThrow('is gone');
      await storage.remove(world.now(again));
    }
    expect(await world.bucket.all()).toEqual([]);
  });
});

describe('finished uploads', () => {
  it('are read in ranges', async () => {
    const storage = await world.storage();
    const upload = await world.finish(storage, world.upload({ length: 6 }), Buffer.from('abcdef'));
    const read = async (start?: number, end?: number) =>
      String(await buffer(storage.createReadStream(upload, { start, end })));
    expect(await read(2, 4)).toBe('cde');
    expect(await read(4)).toBe('ef');
    expect(await read(undefined, 1)).toBe('ab');
    expect(await read(3, 100)).toBe('def');
    expect(await read(6)).toBe('');
  });

  it('are told from what others have put in their place', async () => {
    const storage = await world.storage();
    const upload = await world.finish(storage, world.upload({ length: 6 }), Buffer.from('abcdef'));
    await world.bucket.put(upload.id, Buffer.from('ABCDEF'));
    await expect(world.read(storage, upload)).rejects.toThrow('was replaced');
    expect(await storage.stat(upload)).toMatchObject({ fault: 'was replaced' });
    await world.bucket.deleteAll();
    await expect(world.read(storage, upload)).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await storage.stat(upload)).toBeUndefined();
  });

  it('are where the application wants them, but never over another object', async () => {
    const storage = await world.storage();
    await world.bucket.put('media/taken', Buffer.from('old'));
    for (const size of [3, 7 * MIB]) {
      const filePath = `media/${size}`;
      const placed = world.upload({ length: size, filePath });
      const finished = await world.finish(storage, placed, bytes(size));
      expect(storage.locate(finished)).toEqual({
        path: `s3://${world.bucket.name}/${filePath}`,
        storage: { type: 's3', bucket: world.bucket.name, key: filePath },
      });
      const other = world.upload({ length: size, filePath: 'media/taken' });
      const misplaced = await world.finish(storage, other, bytes(size));
      expect(storage.locate(misplaced).path).toBe(`s3://${world.bucket.name}/${other.id}`);
      await storage.remove(finished);
      await storage.remove(misplaced);
    }
    expect(await world.bucket.objects()).toEqual(['media/taken']);
  });

  it('are moved in the store, and never over another object', async () => {
    const storage = await world.storage();
    const upload = await world.finish(storage, world.upload({ length: 3 }), Buffer.from('abc'));
    await world.bucket.put('taken', Buffer.from('old'));
    const taken = await storage.targetOf('taken');
    await expect(storage.move(upload, taken)).rejects.toMatchObject({ code: 'EEXIST' });
    const target = await storage.targetOf('a/b c+é.txt');
    await storage.move(upload, target);
    await storage.move(upload, target);
    expect([...(await world.bucket.objects())].sort()).toEqual(['a/b c+é.txt', 'taken']);
    world.records.set(upload.id, { ...world.now(upload), movedTo: target });
    expect(String(await world.read(storage, upload))).toBe('abc');
    await storage.remove(world.now(upload));
    expect(await world.bucket.objects()).toContain('a/b c+é.txt');
  });

  it.each(['/etc/passwd', '', 'file:///x', 's3://bucket', 'up/.tus/remainders/x', 'up/abc'])(
    'cannot be moved to "%s"',
    async (place) => {
      const storage = await world.storage({ prefix: 'up/' });
      await expect(storage.targetOf(place)).rejects.toThrow(RangeError);
    },
  );
});

describe('ids', () => {
  it('are taken while an object has one', async () => {
    const storage = await world.storage();
    const id = randomBytes(16).toString('hex');
    expect(await storage.holds(id)).toBe(false);
    await world.finish(storage, world.upload({ id, length: 1 }), bytes(1));
    expect(await storage.holds(id)).toBe(true);
  });
});
