import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { FileChangedError } from '../../../lib/errors/index.js';
import type { UploadRecord } from '../../../lib/registry/index.js';
import type { Holding, UploadStorage, UploadWriter } from '../../../lib/storage/index.js';
import { KeptRecords, newId } from '../../support/kept-records.js';

/** A place of its own for storages. */
export interface StoragePlace {
  /** A further storage on what the place holds. */
  storage(records: KeptRecords): UploadStorage;
  /** Removes all that was stored. */
  remove(): Promise<void>;
}

/** What every storage promises, wherever it keeps the bytes. */
export function describeStorage(name: string, makePlace: () => Promise<StoragePlace>): void {
  describe(name, () => {
    let place: StoragePlace;
    let records: KeptRecords;
    let storage: UploadStorage;
    let id: string;
    const writers: UploadWriter[] = [];
    beforeEach(async () => {
      place = await makePlace();
      records = new KeptRecords();
      storage = place.storage(records);
      await storage.open();
      id = newId();
    });
    afterEach(async () => {
      await Promise.all(writers.splice(0).map((writer) => writer.close()));
      await storage.close();
      await place.remove();
    });

    const upload = () => records.of(id);
    const stat = () => storage.stat(upload());

    async function openWriter(): Promise<UploadWriter> {
      const writer = await storage.openWriter(upload());
      writers.push(writer);
      return writer;
    }

    /** As a request does whose bytes are acknowledged. */
    async function store(...chunks: (string | Uint8Array)[]): Promise<void> {
      const writer = await openWriter();
      await writer.write(chunks.map((chunk) => Buffer.from(chunk)));
      await writer.confirm();
      await writer.close();
    }

    /** As the core does with the last byte; the record is left as it was before the commit, if it crashes. */
    async function finish(filePath?: string, crashes = false): Promise<boolean> {
      records.change(id, { filePath });
      const writer = await openWriter();
      await writer.complete();
      await writer.sync();
      const held = await writer.confirm();
      await writer.close();
      records.change(id, { length: held?.size ?? 0 });
      const { stored, isMisplaced = false } = await storage.finish(upload());
      if (crashes) return !isMisplaced;
      const committed = { state: 'finished', filePath: undefined, stored } as const;
      records.change(id, committed);
      return !isMisplaced;
    }

    async function tidy(): Promise<void> {
      await storage.tidy(upload());
    }

    /** What was stored; of an unfinished upload, after it is made one whole. */
    async function bytes(start?: number, end?: number): Promise<Buffer> {
      if (!storage.readsUnfinished && upload().state === 'receiving') {
        const writer = await openWriter();
        await writer.complete();
        await writer.close();
      }
      return buffer(storage.createReadStream(upload(), { start, end }));
    }

    const text = async (start?: number, end?: number) => (await bytes(start, end)).toString();

    async function held(): Promise<Holding[]> {
      const holdings: Holding[] = [];
      for await (const holding of storage.holdings()) holdings.push(holding);
      return holdings;
    }

    describe('writing', () => {
      it('appends chunks in order, and counts their bytes', async () => {
        const writer = await openWriter();
        expect(writer.size).toBe(0);
        await writer.write([Buffer.from('ab'), Buffer.from('c')]);
        expect(writer.size).toBe(3);
        await writer.write([Buffer.from('def')]);
        expect(writer.size).toBe(6);
        await writer.confirm();
        await writer.close();
        expect(await text()).toBe('abcdef');
      });

      it.each([3, 40_000, 300_000])(
        'looks at %d bytes no more once they are written',
        async (size) => {
          const content = randomBytes(size);
          const writer = await openWriter();
          for (const half of [content.subarray(0, size / 2), content.subarray(size / 2)]) {
            const chunk = Buffer.from(half);
            await writer.write([chunk]);
            chunk.fill(0);
          }
          await writer.confirm();
          await writer.close();
          expect((await bytes()).equals(content)).toBe(true);
        },
      );

      it('goes on where the last writer stopped', async () => {
        await store('ab');
        const writer = await openWriter();
        expect(writer.size).toBe(2);
        await writer.write([Buffer.from('cd')]);
        await writer.confirm();
        await writer.close();
        expect(await text()).toBe('abcd');
      });

      it('confirms what it holds, each time there is more', async () => {
        const writer = await openWriter();
        expect(await writer.confirm()).toBeUndefined();
        await writer.write([Buffer.from('ab')]);
        expect(await writer.confirm()).toMatchObject({ size: 2 });
        await writer.write([Buffer.from('cd')]);
        await writer.truncate(3);
        expect(await writer.confirm()).toEqual(await stat());
      });

      it('stores any number of chunks in one go, empty ones included', async () => {
        const all = randomBytes(300_000);
        const chunks: Uint8Array[] = [];
        for (let at = 0; at < all.length; at += 60) {
          chunks.push(all.subarray(at, at + 60), Buffer.alloc(0));
        }
        await store(...chunks);
        expect(await stat()).toMatchObject({ size: all.length });
        expect((await bytes()).equals(all)).toBe(true);
      });

      it('stores large chunks whole', async () => {
        const chunks = [randomBytes(5_000_000), randomBytes(3_000_001)];
        await store(...chunks);
        expect((await bytes()).equals(Buffer.concat(chunks))).toBe(true);
      });

      it('leaves no trace of an upload that got no byte', async () => {
        const writer = await openWriter();
        await writer.write([]);
        await writer.write([Buffer.alloc(0)]);
        await writer.truncate(0);
        await writer.sync();
        await writer.close();
        expect(writer.size).toBe(0);
        expect(await stat()).toBeUndefined();
        expect(await held()).toEqual([]);
      });

      it('shows the first bytes, those of earlier writers too', async () => {
        await store('ab');
        const writer = await openWriter();
        await writer.write([Buffer.from('cdef')]);
        expect(Buffer.from(await writer.start(5)).toString()).toBe('abcde');
        await writer.write([Buffer.from('g')]);
        expect(Buffer.from(await writer.start(100)).toString()).toBe('abcdefg');
        await writer.confirm();
        expect(await text()).toBe('abcdefg');
      });

      it('shows no first bytes where there are none', async () => {
        expect((await (await openWriter()).start(100)).length).toBe(0);
      });

      it('makes one whole of what it holds, also of no bytes, as often as it is asked', async () => {
        const writer = await openWriter();
        await writer.complete();
        expect(await writer.confirm()).toMatchObject({ size: 0 });
        await writer.close();
        expect(await text()).toBe('');
        id = newId();
        await store('ab');
        for (let round = 0; round < 2; round += 1) {
          const again = await openWriter();
          await again.complete();
          await again.close();
        }
        expect(await text()).toBe('ab');
      });

      it('may be synced at any time, and closed twice', async () => {
        const writer = await openWriter();
        await writer.write([Buffer.from('ab')]);
        await Promise.all([writer.sync(), writer.sync()]);
        await writer.write([Buffer.from('cd')]);
        await writer.sync();
        await writer.confirm();
        await writer.close();
        await writer.close();
        expect(await text()).toBe('abcd');
      });
    });

    describe('cutting back', () => {
      it('forgets the last bytes, and goes on from there', async () => {
        const writer = await openWriter();
        await writer.write([Buffer.from('abcdef')]);
        await writer.truncate(2);
        expect(writer.size).toBe(2);
        await writer.write([Buffer.from('XY')]);
        expect(await writer.confirm()).toMatchObject({ size: 4 });
        await writer.close();
        expect(await text()).toBe('abXY');
      });

      it('leaves what was there before a request whose bytes do not count', async () => {
        await store('abc');
        const writer = await openWriter();
        await writer.write([Buffer.from('wrong')]);
        await writer.truncate(3);
        await writer.confirm();
        await writer.close();
        expect(await stat()).toMatchObject({ size: 3 });
        await store('def');
        expect(await text()).toBe('abcdef');
      });

      it('never makes an upload longer', async () => {
        const empty = await openWriter();
        await expect(empty.truncate(1)).rejects.toThrow(RangeError);
        await store('abc');
        const writer = await openWriter();
        await expect(writer.truncate(4)).rejects.toThrow(RangeError);
        expect(await text()).toBe('abc');
      });

      it('of an upload that no writer has open leaves what counts', async () => {
        await store('abcd');
        await storage.cutBack(upload(), 100);
        expect(await stat()).toMatchObject({ size: 4 });
        await storage.cutBack(upload(), 4);
        expect(await text()).toBe('abcd');
      });
    });

    describe('a probe', () => {
      it('works as often as one likes, also several at a time, and leaves nothing', async () => {
        await Promise.all([storage.probe(), storage.probe()]);
        await storage.probe();

        const held: Holding[] = [];
        for await (const holding of storage.holdings()) held.push(holding);
        expect(held).toEqual([]);
      });
    });

    describe('looking at an upload', () => {
      it('tells its size and when the last byte came', async () => {
        const before = Date.now();
        await store('abc');
        const found = await stat();
        expect(found?.size).toBe(3);
        expect(found?.modifiedAt).toBeGreaterThan(before - 2000);
        expect(found?.modifiedAt).toBeLessThan(Date.now() + 2000);
        expect(Number.isInteger(found?.modifiedAt)).toBe(true);
      });

      it('knows nothing of one that was never written', async () => {
        expect(await stat()).toBeUndefined();
        expect(await storage.holds(id)).toBe(false);
      });

      it('knows of one of which there is no record', async () => {
        await store('abc');
        await finish();
        expect(await storage.holds(id)).toBe(true);
      });

      it('sees what another storage in the same place holds', async () => {
        await store('abc');
        const other = place.storage(records);
        await other.open();
        const { size, modifiedAt } = (await stat())!;
        expect(await other.stat(upload())).toMatchObject({ size, modifiedAt });
        await other.close();
      });
    });

    describe('reading', () => {
      it('gives a part, both ends included', async () => {
        await store('abcdef');
        await finish();
        expect(await text(2, 4)).toBe('cde');
        expect(await text(4)).toBe('ef');
        expect(await text(undefined, 1)).toBe('ab');
        expect(await text(0, 0)).toBe('a');
        expect(await text(3, 100)).toBe('def');
      });

      it('fails for an upload that is not there', async () => {
        records.change(id, { state: 'finished' });
        await expect(text()).rejects.toThrow();
      });
    });

    describe('concatenating', () => {
      async function part(content: string | Uint8Array): Promise<UploadRecord> {
        id = newId();
        records.change(id, { kind: 'partial' });
        await store(content);
        await finish();
        return upload();
      }

      it('makes one of others in order, which stay, one of them named twice', async () => {
        const [one, two] = [await part('one'), await part('two')];
        const large = await part(randomBytes(6_000_000));
        const whole = await Promise.all(
          [one, large, two, one].map(async (each) => buffer(storage.createReadStream(each))),
        );
        id = newId();
        records.change(id, { kind: 'final' });
        await storage.concatenate(upload(), [one, large, two, one]);
        await finish();
        expect((await bytes()).equals(Buffer.concat(whole))).toBe(true);
        expect((await buffer(storage.createReadStream(one))).toString()).toBe('one');
      });

      it('makes an empty one of none', async () => {
        records.change(id, { kind: 'final' });
        await storage.concatenate(upload(), []);
        await finish();
        expect(await text()).toBe('');
      });

      it('fails where a part is not what it was', async () => {
        const one = await part('one');
        id = newId();
        const parts = [{ ...one, length: 4 }];
        await expect(storage.concatenate(upload(), parts)).rejects.toThrow(FileChangedError);
      });

      it('ends with the reason of its signal, and leaves nothing once that is removed', async () => {
        const one = await part('one');
        id = newId();
        const reason = new Error('enough');
        const done = storage.concatenate(upload(), [one, one], AbortSignal.abort(reason));
        await expect(done).rejects.toBe(reason);
        await storage.remove(upload());
        expect(await stat()).toBeUndefined();
      });
    });

    describe('finishing', () => {
      const filePath = join('ada', '2024', 'holiday.txt');

      it('leaves the upload where it can be read, as often as it is asked before the commit', async () => {
        await store('abc');
        await finish();
        expect(await text()).toBe('abc');
        expect(storage.locate(upload()).path).toEqual(expect.any(String));
        await tidy();
        expect(await text()).toBe('abc');
      });

      it('gives it the place that is wanted', async () => {
        await store('abc');
        expect(await finish(filePath)).toBe(true);
        expect(await text()).toBe('abc');
        await tidy();
        await tidy();
        expect(await text()).toBe('abc');
        expect(await text(1)).toBe('bc');
        expect(storage.locate(upload()).path).toMatch(/holiday\.txt$/);
      });

      it('may be begun again where it broke off before its commit', async () => {
        await store('abc');
        await finish(filePath, true);
        expect(await finish(filePath)).toBe(true);
        await tidy();
        expect(await text()).toBe('abc');
      });

      it('never takes the place of another upload, and says so', async () => {
        const first = id;
        await store('first');
        await finish(filePath);
        id = newId();
        await store('second');
        expect(await finish(filePath)).toBe(false);
        await tidy();
        expect(await text()).toBe('second');
        id = first;
        expect(await text()).toBe('first');
      });

      it('lets one of two uploads have a place', async () => {
        const ids = [newId(), newId()];
        for (const one of ids) {
          id = one;
          await store(one);
        }
        const places: boolean[] = [];
        for (const one of ids) {
          id = one;
          places.push(await finish(filePath));
        }
        expect(places).toEqual([true, false]);
        expect(await text()).toBe(ids[1]);
      });

      it('is taken back from an upload that ends before its commit', async () => {
        await store('abc');
        await finish(filePath, true);
        await tidy();
        const ended = records.change(id, { state: 'terminated', filePath: undefined });
        await storage.remove(ended);
        expect(await held()).toEqual([]);
        id = newId();
        await store('next');
        expect(await finish(filePath)).toBe(true);
        expect(await text()).toBe('next');
      });
    });

    describe('removing', () => {
      it('leaves nothing of an unfinished upload, and may be repeated', async () => {
        await store('abc');
        await storage.remove(upload());
        expect(await held()).toEqual([]);
        await storage.remove(upload());
      });

      it.each([undefined, join('a', 'b.txt')])(
        'leaves nothing of a finished upload that lies at %p, tidied up or not',
        async (filePath) => {
          for (const isTidied of [false, true]) {
            id = newId();
            await store('abc');
            await finish(filePath);
            if (isTidied) await tidy();
            else await storage.tidy(upload());
            await storage.remove(upload());
            expect(await stat()).toBeUndefined();
            await storage.remove(upload());
            expect(await held()).toEqual([]);
          }
        },
      );

      it('touches no other upload at the place that was given back', async () => {
        const filePath = join('a', 'b.txt');
        await store('first');
        await finish(filePath);
        await tidy();
        const first = id;
        await storage.remove(upload());
        id = newId();
        await store('second');
        expect(await finish(filePath)).toBe(true);
        await tidy();
        await storage.remove(records.of(first));
        expect(await text()).toBe('second');
      });

      it('lets an upload start anew', async () => {
        await store('abc');
        await storage.remove(upload());
        records.change(id, { stored: undefined });
        await store('x');
        expect(await text()).toBe('x');
      });
    });

    describe('listing what it holds', () => {
      it('names nothing where nothing is', async () => {
        expect(await held()).toEqual([]);
      });

      it('names every unfinished upload that has bytes, and leaves no trace', async () => {
        const ids = [newId(), newId(), 'Order_1', 'Order_2'];
        for (const one of ids) {
          id = one;
          await store('x');
        }
        const listed = new Set((await held()).map((holding) => holding.id));
        expect([...listed].sort()).toEqual(ids.sort());
      });

      it('can be broken off', async () => {
        for (const one of [newId(), newId()]) {
          id = one;
          await store('x');
        }
        for await (const holding of storage.holdings()) {
          expect(holding.id).toBeDefined();
          break;
        }
      });
    });

    describe('clearing away what is not known', () => {
      it('takes it from requests once it is old enough', async () => {
        await store('abc');
        const [holding] = await held();
        expect(await storage.clear(holding!, 0)).toBeUndefined();
        expect(await held()).toEqual([holding]);
        const cleared = await storage.clear(holding!, Date.now() + 60_000);
        expect(['aside', 'removed']).toContain(cleared?.kind);
        expect(await held()).toEqual([]);
        expect(await storage.clear(holding!, Date.now() + 60_000)).toBeUndefined();
      });

      it('removes what was left before a record told of it, where that may be', async () => {
        const writer = await storage.openWriter(upload(), { isUnrecorded: true });
        await writer.write([Buffer.from('abc')]);
        await writer.close();
        const later = Date.now() + 60_000;
        const clearing = (await held()).map((holding) => storage.clear(holding, later));
        const left = storage.keepsUnrecorded ? [{ kind: 'removed' }] : [];
        expect(await Promise.all(clearing)).toEqual(left);
        expect(await held()).toEqual([]);
      });
    });
  });
}
