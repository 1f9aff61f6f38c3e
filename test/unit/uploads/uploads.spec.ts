import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { RegistryUnavailableError, UploadIdTakenError } from '../../../lib/errors/index.js';
import type { StoredAnswer } from '../../../lib/registry/index.js';
import type { Uploads } from '../../../lib/uploads/index.js';
import {
  ChecksumMismatchError,
  FinalUploadError,
  LengthMismatchError,
  OffsetMismatchError,
  UnusablePartError,
} from '../../../lib/uploads/model/append.errors.js';
import {
  TooManyAppendsError,
  TooManyUploadsError,
  TypeNotAllowedError,
  UploadTooLargeError,
} from '../../../lib/uploads/model/limit.errors.js';
import {
  UploadBusyError,
  UploadGoneError,
  UploadNotFoundError,
  UploadRefusedError,
} from '../../../lib/uploads/model/upload.errors.js';
import { useClock } from '../../support/clock.js';
import { eventually } from '../../support/eventually.js';
import { bodyOf, checksumOf, MemoryCore, OpenBody } from '../../support/memory-core.js';

const NO: StoredAnswer = { status: 422, headers: {}, body: 'bm8=' };

/** A picture, by its first bytes. */
const GIF = Buffer.concat([Buffer.from('GIF89a'), Buffer.alloc(194)]);

describe('uploads', () => {
  let core: MemoryCore;
  beforeEach(async () => {
    core = await new MemoryCore().open();
  });

  const offsetOf = async (id: string) => (await core.uploads.status(id, {})).offset;
  const stateOf = async (id: string) => (await core.registry.get(id))?.state;

  describe('that are received', () => {
    it('advance by what comes, and are finished by the last byte, once', async () => {
      const id = await core.begin(10);
      expect(await core.append(id, 0, 'hello')).toMatchObject({ offset: 5, end: 'ended' });
      expect(await core.append(id, 5, 'world')).toMatchObject({
        offset: 10,
        hasJustFinished: true,
      });
      expect(await core.append(id, 10, '')).toMatchObject({ offset: 10, hasJustFinished: false });
      expect(await core.textOf(id)).toBe('helloworld');
      expect(await core.deliveriesOf(id)).toBe(1);
      expect(core.told).toEqual(['created', 'committed', 'finished']);
    });

    it('keep their bytes where it is not known whether their finish was stored', async () => {
      const { get, change } = core.registry;
      const unavailable = () => Promise.reject(new RegistryUnavailableError());
      const finishing = jest.spyOn(core.registry, 'change').mockImplementation(async (...args) => {
        await change.apply(core.registry, args);
        core.registry.get = unavailable;
        return unavailable();
      });
      const body = { ...bodyOf('hello'), length: undefined };
      const creating = core.uploads.create({ length: 5 }, body);
      await expect(creating).rejects.toThrow(RegistryUnavailableError);
      finishing.mockRestore();
      core.registry.get = get;

      const [record] = (await core.registry.list({ state: 'finished' })).items;
      expect(await core.textOf(record!.id)).toBe('hello');
      expect(await core.deliveriesOf(record!.id)).toBe(1);
    });

    it('take the bytes of their creation along', async () => {
      const result = await core.uploads.create({ length: 5 }, bodyOf('hello'));
      expect(result).toMatchObject({ offset: 5, hasJustFinished: true });
    });

    it('are finished by their creation where they have no bytes', async () => {
      const { record } = await core.uploads.create({ length: 0 }, bodyOf(''));
      expect(record.state).toBe('finished');
      expect(await core.textOf(record.id)).toBe('');
    });

    it('go on at their offset and nowhere else', async () => {
      const id = await core.begin(10);
      await core.append(id, 0, 'hello');
      for (const offset of [0, 4, 6]) {
        await expect(core.append(id, offset, 'x')).rejects.toThrow(OffsetMismatchError);
      }
      expect(await offsetOf(id)).toBe(5);
    });

    it('keep what came of a body whose client has left', async () => {
      const id = await core.begin(10);
      const body = new OpenBody();
      const appending = core.uploads.append(id, {}, { offset: 0 }, body);
      body.send('hel');
      await eventually(async () => expect(await stored(id)).toBe(3));
      body.lose();
      expect(await appending).toMatchObject({ offset: 3, end: 'lost' });
      expect(await offsetOf(id)).toBe(3);
    });

    it('have no more bytes than they were to have', async () => {
      const id = await core.begin(4);
      await expect(core.append(id, 0, 'hello')).rejects.toThrow(UploadTooLargeError);
      const body = new OpenBody();
      body.end('hello');
      expect(await core.uploads.append(id, {}, { offset: 0 }, body)).toMatchObject({
        offset: 0,
        end: 'overflow',
      });
      expect(await offsetOf(id)).toBe(0);
    });

    it('may be told their length later, once', async () => {
      const id = await core.begin();
      await core.append(id, 0, 'hello');
      await core.uploads.append(id, {}, { offset: 5, length: 10 }, bodyOf(''));
      await expect(
        core.uploads.append(id, {}, { offset: 5, length: 11 }, bodyOf('x')),
      ).rejects.toThrow(LengthMismatchError);
      expect(await core.append(id, 5, 'world')).toMatchObject({ hasJustFinished: true });
    });

    async function stored(id: string): Promise<number | undefined> {
      return (await core.storage.stat((await core.registry.get(id))!))?.size;
    }

    it('let go of a running append when another one comes, which has all that came', async () => {
      const id = await core.begin(10);
      const body = new OpenBody();
      const first = core.uploads.append(id, {}, { offset: 0 }, body);
      body.send('hello');
      await eventually(async () => expect(await stored(id)).toBe(5));
      const second = core.append(id, 5, 'world');
      expect(await first).toMatchObject({ offset: 5, end: 'newer-request' });
      expect(await second).toMatchObject({ offset: 10, hasJustFinished: true });
      expect(await core.textOf(id)).toBe('helloworld');
    });

    it('end at a shutdown with what came', async () => {
      const id = await core.begin(10);
      const body = new OpenBody();
      const appending = core.uploads.append(id, {}, { offset: 0 }, body);
      body.send('hel');
      await eventually(async () => expect(await stored(id)).toBe(3));
      core.uploads.interrupt('shutdown');
      expect(await appending).toMatchObject({ offset: 3, end: 'shutdown' });
    });
  });

  describe('with checksums', () => {
    it('keep bytes that match, and none of those that do not', async () => {
      const id = await core.begin(10);
      await core.append(id, 0, 'hello', { checksum: checksumOf('hello') });
      const wrong = core.append(id, 5, 'wurld', { checksum: checksumOf('world') });
      await expect(wrong).rejects.toThrow(ChecksumMismatchError);
      expect(await offsetOf(id)).toBe(5);
      await core.append(id, 5, 'world', { checksum: checksumOf('world') });
      expect(await core.textOf(id)).toBe('helloworld');
    });

    it('keep none of a body that broke off, nor after a crash', async () => {
      const id = await core.begin(10);
      const body = new OpenBody();
      const checksum = checksumOf('helloworld');
      const appending = core.uploads.append(id, {}, { offset: 0, checksum }, body);
      body.send('hello');
      await eventually(async () => {
        const record = (await core.registry.get(id))!;
        expect((await core.storage.stat(record))?.size).toBe(5);
        expect(record.unverifiedFrom).toBe(0);
      });
      const next = new MemoryCore({}, core);
      expect((await next.uploads.status(id, {})).offset).toBe(0);
      body.lose();
      await appending.catch(() => undefined);
    });

    it('leave nothing of a creation whose bytes are others', async () => {
      const request = { length: 5, checksum: checksumOf('hullo') };
      const creating = core.uploads.create(request, bodyOf('hello'));
      await expect(creating).rejects.toThrow(ChecksumMismatchError);
      expect(core.told).toEqual(['created', 'terminated']);
      const { items } = await core.registry.list({});
      expect(items.map(({ state }) => state)).toEqual(['terminated']);
    });
  });

  describe('after a crash', () => {
    it('are finished whose last byte had come, and delivered once', async () => {
      const id = await core.begin(5);
      const writer = await core.storage.openWriter((await core.registry.get(id))!);
      await writer.write([Buffer.from('hello')]);
      const next = new MemoryCore({}, core);
      expect((await next.uploads.repair(id))?.record.state).toBe('finished');
      await next.uploads.repair(id);
      expect(await next.deliveriesOf(id)).toBe(1);
      expect(next.told).toEqual(['committed', 'finished']);
    });

    it('are finished by a HEAD, too', async () => {
      const id = await core.begin(5);
      const writer = await core.storage.openWriter((await core.registry.get(id))!);
      await writer.write([Buffer.from('hello')]);
      const next = new MemoryCore({}, core);
      expect(await next.uploads.status(id, {})).toMatchObject({ hasJustFinished: true, offset: 5 });
    });

    it('are ended that were being made of others', async () => {
      const { id } = await core.registry.create({
        id: 'a'.repeat(32),
        state: 'receiving',
        kind: 'final',
        length: 10,
        createdAt: Date.now(),
      });
      const next = new MemoryCore({}, core);
      expect((await next.uploads.repair(id))?.record.state).toBe('expired');
    });
  });

  describe('that are decided on', () => {
    it('tell what was decided, now and again', async () => {
      const answer: StoredAnswer = { status: 201, headers: { 'x-a': '1' } };
      core.decide = () => ({ kind: 'accepted', answer });
      const id = await core.begin(5);
      expect((await core.append(id, 0, 'hello')).record.answer).toEqual(answer);
      expect((await core.append(id, 5, '')).record.answer).toEqual(answer);
    });

    it('are gone when they are refused, and go on saying so', async () => {
      core.decide = () => ({ kind: 'refused', answer: NO, quarantine: false });
      const id = await core.begin(5);
      await expect(core.append(id, 0, 'hello')).rejects.toThrow(UploadRefusedError);
      await expect(core.append(id, 5, '')).rejects.toThrow(UploadRefusedError);
      expect(await core.storage.holds(id)).toBe(false);
      expect(await core.deliveriesOf(id)).toBe(0);
    });

    it('are kept in quarantine, and can be released from there', async () => {
      core.decide = () => ({ kind: 'refused', answer: NO, quarantine: true });
      const id = await core.begin(5);
      await expect(core.append(id, 0, 'hello')).rejects.toThrow(UploadRefusedError);
      expect(await stateOf(id)).toBe('quarantined');
      expect(await core.textOf(id)).toBe('hello');
      await core.uploads.release(id);
      expect(await stateOf(id)).toBe('finished');
      expect(await core.deliveriesOf(id)).toBe(1);
      await core.uploads.release(id);
      expect(await core.deliveriesOf(id)).toBe(1);
    });

    it('are asked about again after a fault', async () => {
      core.decide = () => Promise.reject(new Error('no scanner'));
      const id = await core.begin(5);
      await expect(core.append(id, 0, 'hello')).rejects.toThrow('no scanner');
      expect(await stateOf(id)).toBe('receiving');
      core.decide = () => ({ kind: 'accepted' });
      expect(await core.uploads.status(id, {})).toMatchObject({ hasJustFinished: true });
    });

    it('are busy meanwhile, and not called complete', async () => {
      let decided = () => {};
      const asked = new Promise<void>((resolve) => {
        core.decide = () => {
          resolve();
          return new Promise((decide) => (decided = () => decide({ kind: 'accepted' })));
        };
      });
      const id = await core.begin(5);
      const appending = core.append(id, 0, 'hello');
      await asked;
      await expect(core.uploads.status(id, {})).rejects.toThrow(UploadBusyError);
      await expect(core.uploads.terminate(id, {})).rejects.toThrow(UploadBusyError);
      decided();
      expect(await appending).toMatchObject({ hasJustFinished: true });
    });
  });

  describe('of one owner', () => {
    const ann = { owner: 'ann' };

    it('are not there for another one, whatever is asked', async () => {
      const id = await core.begin(5, ann);
      const asked = [
        () => core.uploads.status(id, {}),
        () => core.uploads.status(id, { owner: 'bob' }),
        () => core.uploads.append(id, { owner: 'bob' }, { offset: 0 }, bodyOf('x')),
        () => core.uploads.terminate(id, { owner: 'bob' }),
        () => core.uploads.status(id, { ...ann, endpoint: 'videos' }),
      ];
      for (const ask of asked) await expect(ask()).rejects.toThrow(UploadNotFoundError);
      expect((await core.uploads.status(id, ann)).offset).toBe(0);
    });

    it('are as many, and as large, as the quota allows', async () => {
      const quota = { bytes: 10, uploads: 2 };
      await core.begin(6, { ...ann, quota });
      await expect(core.begin(5, { ...ann, quota })).rejects.toThrow(UploadTooLargeError);
      await core.begin(4, { ...ann, quota });
      await expect(core.begin(0, { ...ann, quota })).rejects.toThrow(TooManyUploadsError);
      await core.begin(5, { owner: 'bob', quota });
    });
  });

  describe('that end', () => {
    it('are gone at their client’s wish, with their bytes', async () => {
      const id = await core.begin(10);
      await core.append(id, 0, 'hello');
      await core.uploads.terminate(id, {});
      await expect(core.uploads.status(id, {})).rejects.toThrow(UploadGoneError);
      expect(await core.storage.holds(id)).toBe(false);
      expect(core.told).toEqual(['created', 'terminated']);
    });

    it('stay while a handler works on them, and go at the application’s wish', async () => {
      const id = await core.begin(5);
      await core.append(id, 0, 'hello');
      const [row] = (await core.registry.deliveries({ uploadId: id })).items;
      await core.registry.claimDelivery(row!, 'me', Date.now());
      await expect(core.uploads.terminate(id, {})).rejects.toThrow(UploadBusyError);
      await core.uploads.discard(id);
      expect(await stateOf(id)).toBe('terminated');
      await core.uploads.discard(id);
    });

    it('are unknown that never were', async () => {
      await expect(core.uploads.discard('b'.repeat(32))).rejects.toThrow(UploadNotFoundError);
      await expect(core.uploads.status('no id', {})).rejects.toThrow(UploadNotFoundError);
      expect(await core.uploads.find('b'.repeat(32))).toBeUndefined();
      expect(await core.uploads.repair('b'.repeat(32))).toBeUndefined();
    });
  });

  describe('that lie idle', () => {
    const clock = useClock();

    it('expire, unless bytes come', async () => {
      const id = await core.begin(10);
      clock.advance(50_000);
      await core.append(id, 0, 'hello');
      clock.advance(50_000);
      expect(await offsetOf(id)).toBe(5);
      clock.advance(20_000);
      await expect(core.uploads.status(id, {})).rejects.toThrow(UploadGoneError);
      expect((await core.uploads.repair(id))?.record.state).toBe('expired');
      expect(await core.storage.holds(id)).toBe(false);
    });
  });

  describe('that are made of others', () => {
    async function part(text: string, told: Parameters<Uploads['open']>[0] = {}): Promise<string> {
      const id = await core.begin(text.length, { kind: 'partial', ...told });
      if (text !== '') await core.append(id, 0, text);
      return id;
    }
    const concatenate = (parts: readonly string[], told = {}) =>
      core.uploads.create({ kind: 'final', parts, ...told }, bodyOf(''));

    it('have all their bytes in order, and no more are appended', async () => {
      const [one, two] = [await part('hello'), await part('world')];
      const { record, offset } = await concatenate([one, two, one]);
      expect(offset).toBe(15);
      expect(await core.textOf(record.id)).toBe('helloworldhello');
      expect(await core.textOf(one)).toBe('hello');
      expect(await core.deliveriesOf(one)).toBe(0);
      await expect(core.append(record.id, 15, 'x')).rejects.toThrow(FinalUploadError);
    });

    it('are refused where a part is not whole, not there or another’s', async () => {
      const whole = await part('hello');
      const half = await core.begin(10, { kind: 'partial' });
      const single = await core.begin(5);
      const others = await part('world', { owner: 'bob' }).catch(() => core.begin(0));
      for (const wrong of [half, single, 'c'.repeat(32), others]) {
        await expect(concatenate([whole, wrong])).rejects.toThrow(UnusablePartError);
      }
      await expect(concatenate([whole], { maxSize: 4 })).rejects.toThrow(UploadTooLargeError);
    });

    it('take their parts along where these are not kept', async () => {
      core = await new MemoryCore({ removePartials: true }).open();
      const [one, two] = [await part('hello'), await part('world')];
      const { record } = await concatenate([one, two]);
      expect(await core.textOf(record.id)).toBe('helloworld');
      expect([await stateOf(one), await stateOf(two)]).toEqual(['terminated', 'terminated']);
    });
  });

  describe('of some types', () => {
    beforeEach(async () => {
      core = await new MemoryCore({ allowedTypes: ['text/plain'] }).open();
    });
    const metadata = `filetype ${Buffer.from('text/plain').toString('base64')}`;

    it('are refused by what they are declared to be', async () => {
      const png = `filetype ${Buffer.from('image/png').toString('base64')}`;
      await expect(core.begin(5, { metadata: png })).rejects.toThrow(TypeNotAllowedError);
    });

    it('are taken as declared where nothing else shows', async () => {
      const id = await core.begin(5, { metadata });
      expect(await core.append(id, 0, 'hello')).toMatchObject({ hasJustFinished: true });
    });

    it('are refused by what their first bytes show, and leave nothing', async () => {
      const id = await core.begin(200, { metadata });
      const body = { ...bodyOf(''), present: true, length: 200 };
      const appending = core.uploads.append(
        id,
        {},
        { offset: 0 },
        {
          ...body,
          open: () => Readable.from([GIF]),
        },
      );
      await expect(appending).rejects.toThrow(TypeNotAllowedError);
      expect(await stateOf(id)).toBe('terminated');
      expect(await core.storage.holds(id)).toBe(false);
    });
  });

  describe('with hashes', () => {
    it('say what they hash to, whichever process had their first bytes', async () => {
      const hash = { algorithm: 'sha256', compareWith: undefined } as const;
      core = await new MemoryCore({ hash }).open();
      const id = await core.begin(10);
      await core.append(id, 0, 'hello');
      const next = new MemoryCore({ hash }, core);
      const { record } = await next.append(id, 5, 'world');
      const digest = checksumOf('helloworld').told().digest.toString('hex');
      expect(record.hash).toEqual({ algorithm: 'sha256', hex: digest });
    });

    it('are refused that are not what their metadata say', async () => {
      const hash = { algorithm: 'sha256', compareWith: 'sha256' } as const;
      core = await new MemoryCore({ hash }).open();
      const wrong = checksumOf('other').told().digest.toString('hex');
      const metadata = `sha256 ${Buffer.from(wrong).toString('base64')}`;
      const id = await core.begin(5, { metadata });
      await expect(core.append(id, 0, 'hello')).rejects.toThrow(UploadRefusedError);
      expect(await stateOf(id)).toBe('terminated');
    });
  });

  describe('with ids and places of the application', () => {
    it('are refused an id that another one has, or that only bytes are left of', async () => {
      await core.uploads.create({ length: 5, id: 'order-1' }, bodyOf('hello'));
      const again = core.uploads.create({ length: 5, id: 'order-1' }, bodyOf(''));
      await expect(again).rejects.toThrow(UploadIdTakenError);
      const left = { id: 'order-2', state: 'receiving', createdAt: 0 } as const;
      await (await core.storage.openWriter(left)).write([Buffer.from('x')]);
      await expect(core.begin(5, { id: 'order-2' })).rejects.toThrow(UploadIdTakenError);
    });

    it('lie where they are to, or are told of where that is taken', async () => {
      const ids = [await core.begin(5, { filePath: 'a' }), await core.begin(5, { filePath: 'a' })];
      for (const id of ids) await core.append(id, 0, 'hello');
      const [first, second] = await Promise.all(ids.map((id) => core.registry.get(id)));
      expect(core.storage.locate(first!).path).toBe('memory:a');
      expect(core.storage.locate(second!).path).toBe(`memory:${second!.id}`);
      expect(core.told.filter((event) => event === 'misplaced')).toHaveLength(1);
      const { record } = await core.append(ids[0]!, 5, '');
      expect((await buffer(core.storage.createReadStream(record))).toString()).toBe('hello');
    });

    it('give their place back when they end', async () => {
      const id = await core.begin(5, { filePath: 'a' });
      await core.append(id, 0, 'hello');
      await core.uploads.discard(id);
      const next = await core.begin(5, { filePath: 'a' });
      await core.append(next, 0, 'world');
      expect(core.storage.locate((await core.registry.get(next))!).path).toBe('memory:a');
    });
  });

  it('are as many at a time as there are slots', async () => {
    core = await new MemoryCore({ maxAppends: 1 }).open();
    const [one, two] = [await core.begin(5), await core.begin(5)];
    const body = new OpenBody();
    const appending = core.uploads.append(one, {}, { offset: 0 }, body);
    await eventually(async () => {
      await expect(core.append(two, 0, 'hello')).rejects.toThrow(TooManyAppendsError);
    });
    await expect(core.append('d'.repeat(32), 0, 'x')).rejects.toThrow(UploadNotFoundError);
    body.end('hello');
    await appending;
    expect(await core.append(two, 0, 'hello')).toMatchObject({ hasJustFinished: true });
  });
});
