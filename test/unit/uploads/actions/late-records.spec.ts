import { NoSpaceError, RegistryUnavailableError } from '../../../../lib/errors/index.js';
import type { NewUpload, UploadRules } from '../../../../lib/uploads/index.js';
import { bodyOf, checksumOf, MemoryCore, OpenBody } from '../../../support/memory-core.js';

const HELLO = { length: 5 };

describe('a small upload that comes whole with its creation', () => {
  let core: MemoryCore;
  beforeEach(async () => {
    core = await new MemoryCore().open();
  });

  /** What each transaction has stored. */
  const watch = ({ registry }: MemoryCore) => {
    const stored: string[] = [];
    const { create, change } = registry;
    jest.spyOn(registry, 'create').mockImplementation(async (...args) => {
      stored.push(`create ${args[0].state}`);
      return create.apply(registry, args);
    });
    jest.spyOn(registry, 'change').mockImplementation(async (...args) => {
      const changed = await change.apply(registry, args);
      stored.push(`change ${changed?.state}`);
      return changed;
    });
    return stored;
  };

  /** A body that says how long it is, and comes later. */
  const slow = (length: number) => {
    const body = new OpenBody();
    const send = { end: (text: string) => body.end(text), lose: () => body.lose(), body };
    return Object.assign(send, {
      asBody: {
        present: true,
        length,
        open: () => body.open(),
        onLost: () => undefined,
      },
    });
  };

  const onlyRecord = async () => {
    const { items } = await core.registry.list({});
    expect(items).toHaveLength(1);
    return items[0]!;
  };

  it('is stored in one transaction, with its delivery', async () => {
    const stored = watch(core);
    const { record } = await core.uploads.create(HELLO, bodyOf('hello'));

    expect(stored).toEqual(['create finished']);
    expect(await core.textOf(record.id)).toBe('hello');
    expect(await core.deliveriesOf(record.id)).toBe(1);
    expect(await core.registry.get(record.id)).toMatchObject({ state: 'finished', length: 5 });
  });

  it('is told of as begun before its handlers run, and then as finished', async () => {
    await core.uploads.create(HELLO, bodyOf('hello'));
    expect(core.told).toEqual(['created', 'committed', 'finished']);
  });

  it('has no record until all of it is there', async () => {
    const { body, asBody } = slow(5);
    const creating = core.uploads.create(HELLO, asBody);
    body.send('he');
    expect((await core.registry.list({})).items).toEqual([]);
    body.end('llo');
    expect((await creating).hasJustFinished).toBe(true);
  });

  it('is kept as far as it came when its client leaves', async () => {
    const { body, asBody } = slow(5);
    const creating = core.uploads.create(HELLO, asBody);
    body.send('he');
    await new Promise(setImmediate);
    body.lose();
    await creating.catch(() => undefined);

    const { id, state } = await onlyRecord();
    expect(state).toBe('receiving');
    expect((await core.uploads.status(id, {})).offset).toBe(2);
    expect(core.told).toEqual(['created']);
    expect(await core.append(id, 2, 'llo')).toMatchObject({ hasJustFinished: true });
  });

  it('leaves nothing where there is no room for its bytes', async () => {
    const open = core.storage.openWriter.bind(core.storage);
    jest.spyOn(core.storage, 'openWriter').mockImplementation(async (...args) => {
      const writer = await open(...args);
      const write = writer.write.bind(writer);
      writer.write = async (chunks) => {
        await write(chunks);
        throw new NoSpaceError();
      };
      return writer;
    });
    await expect(core.uploads.create(HELLO, bodyOf('hello'))).rejects.toThrow(NoSpaceError);
    expect((await core.registry.list({})).items).toEqual([]);
    expect(await holdings()).toEqual([]);
  });

  it('leaves nothing where there is no room for its record', async () => {
    jest.spyOn(core.registry, 'create').mockRejectedValue(new NoSpaceError());
    await expect(core.uploads.create(HELLO, bodyOf('hello'))).rejects.toThrow(NoSpaceError);
    expect(await holdings()).toEqual([]);
    expect(core.told).toEqual(['not committed']);
  });

  it('keeps its bytes where its record was stored, though that was not heard of', async () => {
    const { create } = core.registry;
    jest.spyOn(core.registry, 'create').mockImplementationOnce(async (...args) => {
      await create.apply(core.registry, args);
      throw new RegistryUnavailableError();
    });
    const creating = core.uploads.create(HELLO, bodyOf('hello'));
    await expect(creating).rejects.toThrow(RegistryUnavailableError);

    const { id, state } = await onlyRecord();
    expect(state).toBe('finished');
    expect(await core.textOf(id)).toBe('hello');
    expect(await core.deliveriesOf(id)).toBe(1);
  });

  it('ends where its record was not stored, so that it cannot come later', async () => {
    jest.spyOn(core.registry, 'create').mockRejectedValueOnce(new RegistryUnavailableError());
    const creating = core.uploads.create(HELLO, bodyOf('hello'));
    await expect(creating).rejects.toThrow(RegistryUnavailableError);

    expect(await onlyRecord()).toMatchObject({ state: 'terminated' });
    expect(await holdings()).toEqual([]);
  });

  it('keeps its bytes where nothing is heard of its record any more', async () => {
    jest.spyOn(core.registry, 'create').mockRejectedValue(new RegistryUnavailableError());
    const creating = core.uploads.create(HELLO, bodyOf('hello'));
    await expect(creating).rejects.toThrow(RegistryUnavailableError);
    expect(await holdings()).toHaveLength(1);
  });

  it('may say that nothing follows in place of its length', async () => {
    const stored = watch(core);
    const { record } = await core.uploads.create({ isLast: true }, bodyOf('hello'));
    expect(stored).toEqual(['create finished']);
    expect(record).toMatchObject({ state: 'finished', length: 5 });
  });

  it('is told of once it is stored, where its request has come whole', async () => {
    const stored = watch(core);
    const told: string[] = [];
    const onBegun = ({ state }: { state: string }) => told.push(`${state} ${stored.length}`) > 0;
    const body = { ...bodyOf('hello'), isHere: true };
    const { record } = await core.uploads.create({ ...HELLO, onBegun }, body);

    expect(stored).toEqual(['create finished']);
    expect(told).toEqual(['finished 1']);
    expect(record.state).toBe('finished');
  });

  const others: [string, NewUpload, Partial<UploadRules>?][] = [
    ['has an id from the application', { ...HELLO, id: 'report-2024' }],
    ['counts towards a quota', { ...HELLO, quota: { bytes: 10 } }],
    ['comes with a checksum', { ...HELLO, checksum: checksumOf('hello') }],
    ['is to lie at a place', { ...HELLO, filePath: 'ann/a.txt' }],
    ['is told of while it comes', { ...HELLO, onBegun: () => true }],
    ['has no length yet', {}],
    ['must be of a type', HELLO, { allowedTypes: ['text/*'] }],
    ['must have room', HELLO, { reserveDisk: true }],
    ['is hashed', HELLO, { hash: { algorithm: 'sha256' } }],
  ];

  it.each(others)('has a record before its bytes where it %s', async (_, upload, rules = {}) => {
    core = await new MemoryCore(rules).open();
    const stored = watch(core);
    await core.uploads.create(upload, bodyOf('hello')).catch(() => undefined);
    expect(stored[0]).toBe('create receiving');
  });

  it('has a record before its bytes where a hook decides on it', async () => {
    core.decide = () => ({ kind: 'accepted' });
    const stored = watch(core);
    await core.uploads.create(HELLO, bodyOf('hello'));
    expect(stored).toEqual(['create receiving', 'change finished']);
  });

  it.each([
    [65_536, 'create finished'],
    [65_537, 'create receiving'],
  ])('is one of at most 64 KiB: %d', async (length, first) => {
    const stored = watch(core);
    await core.uploads.create({ length }, bodyOf('a'.repeat(length)));
    expect(stored[0]).toBe(first);
  });

  it.each([
    ['bytes follow later', { length: 6 }, 5],
    ['it does not say how much comes', HELLO, undefined],
  ])('has a record before its bytes where %s', async (_, upload, length) => {
    const stored = watch(core);
    await core.uploads.create(upload, { ...bodyOf('hello'), length });
    expect(stored[0]).toBe('create receiving');
  });

  it('has a record before its bytes where the storage would not find them without one', async () => {
    Object.assign(core.storage, { keepsUnrecorded: false });
    const stored = watch(core);
    await core.uploads.create(HELLO, bodyOf('hello'));
    expect(stored).toEqual(['create receiving', 'change finished']);
  });

  async function holdings(): Promise<unknown[]> {
    const found: unknown[] = [];
    for await (const holding of core.storage.holdings()) found.push(holding);
    return found;
  }
});
