import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { FileChangedError } from '../../../lib/errors/index.js';
import type { Holding, UploadStorage, UploadWriter } from '../../../lib/storage/index.js';
import { listFiles, makeTempFolder, removeTempFolder } from '../../support/temp-folder.js';

/** A place of its own for storages. */
export interface StoragePlace {
  /** A further storage on what the place holds. */
  storage(): UploadStorage;
  /** Removes all that was stored. */
  remove(): Promise<void>;
}

/** An id as uploads have it. */
export function newId(): string {
  return randomBytes(16).toString('hex');
}

/** What every storage promises, wherever it keeps the bytes. */
export function describeStorage(name: string, makePlace: () => Promise<StoragePlace>): void {
  describe(name, () => {
    let place: StoragePlace;
    let storage: UploadStorage;
    let elsewhere: string;
    let id: string;
    const writers: UploadWriter[] = [];
    beforeEach(async () => {
      place = await makePlace();
      storage = place.storage();
      await storage.open();
      elsewhere = await makeTempFolder();
      id = newId();
    });
    afterEach(async () => {
      await Promise.all(writers.splice(0).map((writer) => writer.close()));
      await place.remove();
      await removeTempFolder(elsewhere);
    });

    async function openWriter(): Promise<UploadWriter> {
      const writer = await storage.openWriter(id);
      writers.push(writer);
      return writer;
    }

    async function store(...chunks: string[]): Promise<void> {
      const writer = await openWriter();
      await writer.write(chunks.map((chunk) => Buffer.from(chunk)));
      await writer.close();
    }

    async function stored(start?: number, end?: number): Promise<string> {
      return (await buffer(storage.createReadStream(id, { start, end }))).toString();
    }

    describe('writing', () => {
      it('appends chunks in order, and counts their bytes', async () => {
        const writer = await openWriter();
        expect(writer.size).toBe(0);
        await writer.write([Buffer.from('ab'), Buffer.from('c')]);
        expect(writer.size).toBe(3);
        await writer.write([Buffer.from('def')]);
        expect(writer.size).toBe(6);
        expect(await stored()).toBe('abcdef');
      });

      it('goes on where the last writer stopped', async () => {
        await store('ab');
        const writer = await openWriter();
        expect(writer.size).toBe(2);
        await writer.write([Buffer.from('cd')]);
        expect(await stored()).toBe('abcd');
      });

      it('confirms what it holds, each time there is more', async () => {
        const writer = await openWriter();
        expect(await writer.confirm()).toBeUndefined();
        await writer.write([Buffer.from('ab')]);
        expect(await writer.confirm()).toMatchObject({ size: 2 });
        await writer.write([Buffer.from('cd')]);
        await writer.truncate(3);
        expect(await writer.confirm()).toEqual(await storage.stat(id));
      });

      it('confirms nothing that is not found any more', async () => {
        const writer = await openWriter();
        await writer.write([Buffer.from('ab')]);
        await storage.remove(id);
        await expect(writer.confirm()).rejects.toThrow(FileChangedError);
      });

      it('stores any number of chunks in one go, empty ones included', async () => {
        const bytes = randomBytes(300_000);
        const chunks: Uint8Array[] = [];
        for (let at = 0; at < bytes.length; at += 60) {
          chunks.push(bytes.subarray(at, at + 60), Buffer.alloc(0));
        }
        const writer = await openWriter();
        await writer.write(chunks);
        expect(writer.size).toBe(bytes.length);
        expect((await buffer(storage.createReadStream(id))).equals(bytes)).toBe(true);
      });

      it('stores large chunks whole', async () => {
        const chunks = [randomBytes(5_000_000), randomBytes(3_000_001)];
        const writer = await openWriter();
        await writer.write(chunks);
        const whole = await buffer(storage.createReadStream(id));
        expect(whole.equals(Buffer.concat(chunks))).toBe(true);
      });

      it('leaves no trace of an upload that got no byte', async () => {
        const writer = await openWriter();
        await writer.write([]);
        await writer.write([Buffer.alloc(0)]);
        await writer.truncate(0);
        await writer.sync();
        await writer.close();
        expect(writer.size).toBe(0);
        expect(await storage.stat(id)).toBeUndefined();
      });

      it('makes an empty upload on request, and harms none that has bytes', async () => {
        const writer = await openWriter();
        await writer.create();
        expect(await storage.stat(id)).toMatchObject({ size: 0 });
        expect(await readFile(storage.path(id), 'utf8')).toBe('');
        await writer.write([Buffer.from('ab')]);
        await writer.create();
        const next = await openWriter();
        await next.create();
        expect(await stored()).toBe('ab');
      });

      it('may be synced at any time, and closed twice', async () => {
        const writer = await openWriter();
        await writer.write([Buffer.from('ab')]);
        await Promise.all([writer.sync(), writer.sync()]);
        await writer.write([Buffer.from('cd')]);
        await writer.sync();
        await writer.close();
        await writer.close();
        expect(await stored()).toBe('abcd');
      });
    });

    describe('cutting back', () => {
      it('forgets the last bytes, and goes on from there', async () => {
        const writer = await openWriter();
        await writer.write([Buffer.from('abcdef')]);
        await writer.truncate(2);
        expect(writer.size).toBe(2);
        expect(await storage.stat(id)).toMatchObject({ size: 2 });
        await writer.write([Buffer.from('XY')]);
        expect(await stored()).toBe('abXY');
      });

      it('can cut back to nothing, and to what there is', async () => {
        await store('abc');
        const writer = await openWriter();
        await writer.truncate(3);
        expect(await stored()).toBe('abc');
        await writer.truncate(0);
        expect(writer.size).toBe(0);
        expect(await stored()).toBe('');
      });

      it('never makes an upload longer', async () => {
        const empty = await openWriter();
        await expect(empty.truncate(1)).rejects.toThrow(RangeError);
        await store('abc');
        const writer = await openWriter();
        await expect(writer.truncate(4)).rejects.toThrow(RangeError);
        expect(await stored()).toBe('abc');
      });
    });

    describe('flushing', () => {
      it('is known of the bytes it has covered, as long as these are the same', async () => {
        await store('ab');
        expect((await storage.stat(id))?.flushed).toBe(0);
        const writer = await openWriter();
        expect(writer.flushed).toBe(0);
        await writer.sync();
        await writer.write([Buffer.from('cd')]);
        expect(writer.flushed).toBe(2);
        expect(await storage.stat(id)).toMatchObject({ size: 4, flushed: 2 });
        await writer.close();

        expect((await openWriter()).flushed).toBe(2);
        expect((await place.storage().stat(id))?.flushed).toBe(0);
        await storage.remove(id);
        await store('other');
        expect((await storage.stat(id))?.flushed).toBe(0);
      });

      it('is not known of more than was left', async () => {
        const writer = await openWriter();
        await writer.write([Buffer.from('abcd')]);
        await writer.sync();
        await writer.truncate(1);
        await writer.write([Buffer.from('xyz')]);
        expect(writer.flushed).toBe(1);
        expect((await storage.stat(id))?.flushed).toBe(1);
      });

      it('leaves the first bytes when an upload is renewed, to which more can be added', async () => {
        await store('abcd');
        await storage.renew(id, 2);
        expect(await stored()).toBe('ab');
        await store('xy');
        await storage.renew(id, 100);
        expect(await stored()).toBe('abxy');
        await storage.renew(id, 0);
        expect(await storage.stat(id)).toBeUndefined();
        await storage.renew(id, 0);
        await storage.renew(newId(), 5);
      });
    });

    describe('looking at an upload', () => {
      it('tells its size and when the last byte came', async () => {
        const before = Date.now();
        await store('abc');
        const bytes = await storage.stat(id);
        expect(bytes?.size).toBe(3);
        expect(bytes?.modifiedAt).toBeGreaterThan(before - 2000);
        expect(bytes?.modifiedAt).toBeLessThan(Date.now() + 2000);
        expect(Number.isInteger(bytes?.modifiedAt)).toBe(true);
      });

      it('tells of one that is being written', async () => {
        const writer = await openWriter();
        await writer.write([Buffer.from('abc')]);
        expect(await storage.stat(id)).toMatchObject({ size: 3 });
      });

      it('knows nothing of one that was never written', async () => {
        expect(await storage.stat(id)).toBeUndefined();
      });

      it('sees what another storage in the same place holds', async () => {
        await store('abc');
        const other = place.storage();
        await other.open();
        expect(await other.stat(id)).toEqual(await storage.stat(id));
      });
    });

    describe('reading', () => {
      it('gives a part, both ends included', async () => {
        await store('abcdef');
        expect(await stored(2, 4)).toBe('cde');
        expect(await stored(4)).toBe('ef');
        expect(await stored(undefined, 1)).toBe('ab');
        expect(await stored(0, 0)).toBe('a');
        expect(await stored(3, 100)).toBe('def');
      });

      it('fails for an upload that is not there', async () => {
        await expect(buffer(storage.createReadStream(id))).rejects.toMatchObject({
          code: 'ENOENT',
        });
      });

      it('is possible for the application at the upload’s path', async () => {
        await store('abc');
        expect(isAbsolute(storage.path(id))).toBe(true);
        expect(await readFile(storage.path(id), 'utf8')).toBe('abc');
      });
    });

    describe('moving', () => {
      it('takes the file to another path, whose folders it makes', async () => {
        await store('abc');
        const target = join(elsewhere, 'media', '2024', 'holiday.txt');
        await storage.move(id, target);
        expect(await readFile(target, 'utf8')).toBe('abc');
        expect(await storage.stat(id)).toBeUndefined();
        expect(await listFiles(elsewhere)).toEqual([join('media', '2024', 'holiday.txt')]);
      });

      it('never overwrites a file, and leaves no trace of having tried', async () => {
        await store('new');
        const target = join(elsewhere, 'taken.txt');
        await writeFile(target, 'old');
        await expect(storage.move(id, target)).rejects.toMatchObject({ code: 'EEXIST' });
        expect(await readFile(target, 'utf8')).toBe('old');
        expect(await stored()).toBe('new');
        expect(await listFiles(elsewhere)).toEqual(['taken.txt']);
      });

      it('never puts a file in the place of a folder', async () => {
        await store('new');
        await mkdir(join(elsewhere, 'folder'));
        const moved = storage.move(id, join(elsewhere, 'folder'));
        await expect(moved).rejects.toMatchObject({ code: 'EEXIST' });
        expect(await stored()).toBe('new');
      });

      it('lets one of two moves to the same path win', async () => {
        const ids = [newId(), newId()];
        for (const one of ids) {
          id = one;
          await store(one);
        }
        const target = join(elsewhere, 'one.txt');
        const moves = await Promise.allSettled(ids.map((one) => storage.move(one, target)));
        const winner = moves.findIndex(({ status }) => status === 'fulfilled');
        expect(moves[1 - winner]).toMatchObject({ status: 'rejected', reason: { code: 'EEXIST' } });
        expect(await readFile(target, 'utf8')).toBe(ids[winner]);
        id = ids[1 - winner];
        expect(await stored()).toBe(id);
      });

      it('leaves the file when it is there already', async () => {
        await store('abc');
        await storage.move(id, storage.path(id));
        expect(await stored()).toBe('abc');
      });

      it('fails for an upload that is not there, and makes nothing', async () => {
        const moved = storage.move(id, join(elsewhere, 'nothing.txt'));
        await expect(moved).rejects.toMatchObject({ code: 'ENOENT' });
        expect(await listFiles(elsewhere)).toEqual([]);
      });

      it('refuses a path that is not absolute', async () => {
        await store('abc');
        await expect(storage.move(id, 'here.txt')).rejects.toThrow(TypeError);
        expect(await stored()).toBe('abc');
      });
    });

    describe('placing', () => {
      const filePath = join('ada', '2024', 'holiday.txt');

      async function placed(path = filePath): Promise<string> {
        return (await buffer(storage.createReadStream(id, undefined, path))).toString();
      }

      it('lets the file be found at a path inside too, whose folders it makes', async () => {
        await store('abc');
        expect(await storage.place(id, filePath)).toBe(true);
        expect(await placed()).toBe('abc');
        expect(await stored()).toBe('abc');
        expect(isAbsolute(storage.path(id, filePath))).toBe(true);
        expect(await readFile(storage.path(id, filePath), 'utf8')).toBe('abc');
      });

      it('may be repeated', async () => {
        await store('abc');
        await storage.place(id, filePath);
        expect(await storage.place(id, filePath)).toBe(true);
        expect(await placed()).toBe('abc');
      });

      it('never overwrites a file, and says so', async () => {
        await store('first');
        await storage.place(id, filePath);
        id = newId();
        await store('second');
        expect(await storage.place(id, filePath)).toBe(false);
        expect(await placed()).toBe('first');
        expect(await stored()).toBe('second');
      });

      it('says so where a folder lies at the path, or a file in place of a folder', async () => {
        await store('first');
        await storage.place(id, filePath);
        id = newId();
        await store('second');
        expect(await storage.place(id, 'ada')).toBe(false);
        expect(await storage.place(id, join(filePath, 'below.txt'))).toBe(false);
        expect(await placed()).toBe('first');
        expect(await stored()).toBe('second');
      });

      it('lets one of two uploads have a path', async () => {
        const ids = [newId(), newId()];
        for (const one of ids) {
          id = one;
          await store(one);
        }
        const places = await Promise.all(ids.map((one) => storage.place(one, filePath)));
        expect([...places].sort()).toEqual([false, true]);
        expect(await placed()).toBe(ids[places.indexOf(true)]);
      });

      it('fails for an upload that is not there', async () => {
        await expect(storage.place(id, filePath)).rejects.toMatchObject({ code: 'ENOENT' });
      });

      it('keeps the file at the path when the upload’s own name goes', async () => {
        await store('abc');
        await storage.place(id, filePath);
        await storage.remove(id);
        expect(await storage.stat(id)).toBeUndefined();
        expect(await placed()).toBe('abc');
        expect(
          (await buffer(storage.createReadStream(id, { start: 1 }, filePath))).toString(),
        ).toBe('bc');
      });

      it('is undone by giving the file its own name back, so that the removal has it all', async () => {
        await store('abc');
        await storage.place(id, filePath);
        await storage.remove(id);
        await storage.reclaim(id, filePath);
        expect(await stored()).toBe('abc');
        await expect(placed()).rejects.toMatchObject({ code: 'ENOENT' });
        await storage.remove(id);
        expect(await storage.stat(id)).toBeUndefined();
        await storage.reclaim(id, filePath);
        expect(await storage.stat(id)).toBeUndefined();
      });

      it('is undone for no other file, when that is repeated after an interruption', async () => {
        await store('first');
        const first = id;
        await storage.place(id, filePath);
        await storage.remove(id);
        await storage.reclaim(id, filePath);
        id = newId();
        await store('second');
        await storage.place(id, filePath);
        await storage.reclaim(first, filePath);
        await storage.remove(first);
        expect(await placed()).toBe('second');
        expect(await stored()).toBe('second');
      });

      it('does not take a folder for the file', async () => {
        await mkdir(storage.path(id, filePath), { recursive: true });
        await expect(storage.reclaim(id, filePath)).rejects.toMatchObject({ code: 'EISDIR' });
        expect(await storage.stat(id)).toBeUndefined();
      });

      it('is taken back as long as the upload has its own name, and from no other file', async () => {
        await store('first');
        await storage.place(id, filePath);
        await storage.unplace(newId(), filePath);
        expect(await placed()).toBe('first');
        await storage.unplace(id, filePath);
        expect(await stored()).toBe('first');
        await expect(placed()).rejects.toMatchObject({ code: 'ENOENT' });
        await storage.unplace(id, filePath);
      });

      it('lets the file be moved from there', async () => {
        await store('abc');
        await storage.place(id, filePath);
        await storage.remove(id);
        const target = join(elsewhere, 'moved.txt');
        await storage.move(id, target, filePath);
        expect(await readFile(target, 'utf8')).toBe('abc');
        await expect(placed()).rejects.toMatchObject({ code: 'ENOENT' });
      });
    });

    describe('removing', () => {
      it('leaves nothing', async () => {
        await store('abc');
        await storage.remove(id);
        expect(await storage.stat(id)).toBeUndefined();
        await storage.remove(id);
      });

      it('lets an upload start anew', async () => {
        await store('abc');
        await storage.remove(id);
        await store('x');
        expect(await stored()).toBe('x');
      });
    });

    describe('listing what it holds', () => {
      async function held(): Promise<Holding[]> {
        const holdings: Holding[] = [];
        for await (const holding of storage.holdings()) holdings.push(holding);
        return holdings;
      }

      it('names nothing where nothing is', async () => {
        expect(await held()).toEqual([]);
      });

      it('names every upload that has bytes once, and leaves no trace', async () => {
        const given = Array.from({ length: 300 }, (_, index) => `Order_${index}`);
        const ids = [...Array.from({ length: 300 }, newId), ...given];
        for (const one of ids) {
          id = one;
          await store('x');
        }
        const listed = await held();
        expect(listed.map((each) => each.kind === 'upload' && each.id).sort()).toEqual(ids.sort());
        expect(await held()).toHaveLength(600);
      });

      it('can be broken off', async () => {
        for (const one of [newId(), newId()]) {
          id = one;
          await store('x');
        }
        for await (const holding of storage.holdings()) {
          expect(holding.kind).toBe('upload');
          break;
        }
      });
    });

    describe('putting bytes aside', () => {
      it('takes them away from requests, and says where they are', async () => {
        await store('abc');
        const place = await storage.setAside(id);
        expect(place).toEqual(expect.stringContaining(id));
        expect(await storage.stat(id)).toBeUndefined();
        for await (const holding of storage.holdings()) throw new Error(`Held: ${holding.kind}`);
      });

      it('does nothing where there are none', async () => {
        expect(await storage.setAside(id)).toBeUndefined();
      });

      it('never loses bytes to others of the same name', async () => {
        await store('first');
        const first = await storage.setAside(id);
        await store('second');
        const second = await storage.setAside(id);
        expect(second).toEqual(expect.stringContaining(id));
        expect(second).not.toBe(first);
      });
    });
  });
}
