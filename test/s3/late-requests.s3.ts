import type { IncomingMessage } from 'node:http';
import { S3Client } from '@aws-sdk/client-s3';
import { UploadFencedError } from '../../lib/errors/index.js';
import type { UploadRecord } from '../../lib/registry/upload-record.interface.js';
import type { UploadStorage } from '../../lib/storage/storage.interface.js';
import { HeldProxy, type Held } from '../support/s3/held-proxy.js';
import { bytes, MIB, S3World } from '../support/s3/s3-world.js';
import { storeAccess, storeConfig } from '../support/s3/store.js';

/** What a process is at when it is frozen. */
interface Frozen {
  readonly over: string;
  /** The request that comes late. */
  readonly held: Held;
  readonly length: number;
  /** Bytes that were acknowledged before. */
  readonly before?: number;
  /** Bytes that it takes in its last request; all the others unless given. */
  readonly taken?: number;
  readonly filePath?: string;
  /** Whether an attempt before has left an object. */
  readonly isRepeated?: boolean;
}

const isPut = ({ method, url = '' }: IncomingMessage) =>
  method === 'PUT' && !url.includes('partNumber');
const asks = (text: string) => (request: IncomingMessage) => Boolean(request.url?.includes(text));

const FROZEN: readonly Frozen[] = [
  { over: 'the object of a small upload', held: isPut, length: 1000 },
  { over: 'one with a place of its own', held: isPut, length: 1000, filePath: 'a/b' },
  {
    over: 'one that is there already',
    held: (request) => isPut(request) && request.headers['if-match'] !== undefined,
    length: 1000,
    isRepeated: true,
  },
  {
    over: 'one that is there already, in a place of its own',
    held: (request) => isPut(request) && request.headers['if-match'] !== undefined,
    length: 1000,
    filePath: 'a/b',
    isRepeated: true,
  },
  { over: 'a remainder', held: asks('.tus/remainders'), length: 3000, before: 1000, taken: 1000 },
  { over: 'the beginning of parts', held: asks('?uploads'), length: 7 * MIB, taken: 6 * MIB },
  { over: 'a part', held: asks('partNumber=1&'), length: 7 * MIB, taken: 6 * MIB },
  {
    over: 'the last part',
    held: asks('partNumber=10000'),
    length: 6 * MIB + 100,
    before: 6 * MIB,
  },
  {
    over: 'the joining of parts',
    held: (request) => request.method === 'POST' && asks('?uploadId')(request),
    length: 6 * MIB + 100,
    before: 6 * MIB,
    filePath: 'a/b',
  },
];

/** What becomes of the upload while the process is frozen. */
const ENDS = ['is terminated', 'is finished', 'is moved', 'is removed'] as const;
type End = (typeof ENDS)[number];

let world: S3World;
let proxy: HeldProxy;
let client: S3Client;

beforeEach(async () => {
  world = new S3World();
  await world.make();
  proxy = await HeldProxy.start(storeAccess().endpoint);
  client = new S3Client(storeConfig({ endpoint: proxy.endpoint }));
});

afterEach(async () => {
  client.destroy();
  await proxy.stop();
  await world.close();
});

/** Lets a process begin a request, and another one take the upload from it. */
async function freeze(story: Frozen): Promise<{ upload: UploadRecord; late: () => Promise<void> }> {
  const { length, filePath, held, before: acknowledged = 0, taken } = story;
  const frozen = world.started({ client });
  const upload = world.upload({ length, filePath });
  if (acknowledged > 0) await world.append(frozen, upload, bytes(acknowledged));
  if (story.isRepeated) await leaveObject(frozen, upload);
  const here = proxy.hold(held);
  const content = bytes(taken ?? length - acknowledged);
  const working = taken
    ? world.append(frozen, upload, content)
    : world.finish(frozen, upload, content).then(() => undefined);
  const over = working.then(
    () => undefined,
    () => undefined,
  );
  await here;
  world.takeFrom(frozen, upload);
  const late = async () => {
    await proxy.release();
    await over;
  };
  return { upload, late };
}

/** As a process does that dies before it can say so in the record. */
async function leaveObject(storage: UploadStorage, upload: UploadRecord): Promise<void> {
  const record = world.now(upload);
  const writer = await storage.openWriter(record);
  await writer.write([bytes(upload.length ?? 0)]);
  await writer.complete();
  await writer.close();
  world.records.set(upload.id, record);
}

/** A client over which something happens before it asks for the first time. */
function before(name: string, work: () => Promise<void>): S3Client {
  const interrupted = new S3Client(storeConfig());
  let isOver = false;
  interrupted.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        if (!isOver && commandName === `${name}Command`) {
          isOver = true;
          await work();
        }
        return next(args);
      },
    { step: 'initialize' },
  );
  return interrupted;
}

/** Ends an upload as another process does. */
async function end(storage: UploadStorage, upload: UploadRecord, how: End): Promise<Buffer> {
  if (how === 'is terminated') {
    await world.end(storage, upload);
    return Buffer.alloc(0);
  }
  const content = bytes((upload.length ?? 0) - (world.state(upload)?.size ?? 0));
  await world.finish(storage, upload, content);
  if (how === 'is moved') await world.move(storage, upload, 'elsewhere');
  if (how === 'is removed') await world.removeObject(storage, upload);
  return content;
}

describe.each(FROZEN)('a process that is frozen over $over, of an upload that', (story) => {
  it.each(ENDS)('%s meanwhile, replaces nothing and leaves nothing', async (how) => {
    const { upload, late } = await freeze(story);
    const storage = world.started();
    await storage.fence(world.now(upload));
    const last = await end(storage, upload, how);
    expect(storage.settlesAt(world.now(upload))).toBeGreaterThan(Date.now() + 15 * 60_000);
    const isThere = how === 'is finished' || how === 'is moved';
    const content = isThere ? await world.read(storage, upload) : last;
    expect(content.subarray(content.length - last.length).equals(last)).toBe(true);

    await late();
    if (isThere) expect((await world.read(storage, upload)).equals(content)).toBe(true);
    await world.cleanUp(storage, upload);
    const place = how === 'is moved' ? 'elsewhere' : (story.filePath ?? upload.id);
    expect(await world.bucket.all()).toEqual(isThere ? [place] : []);
  });
});

describe('what comes late', () => {
  it('in the place of the last part, which counts, is replaced by it', async () => {
    const { upload, late } = await freeze(FROZEN.find(({ over }) => over === 'the last part')!);
    const interrupted = before('ListParts', late);
    const storage = world.started({ client: interrupted });
    await storage.fence(world.now(upload));
    const last = bytes(100);
    await world.finish(storage, upload, last);
    expect((await world.read(storage, upload)).subarray(6 * MIB)).toEqual(last);
    interrupted.destroy();
  });

  it('to the place where parts are about to be joined, is replaced by them', async () => {
    const story = { over: 'its object', held: isPut, length: 12 * MIB, filePath: 'a/b' };
    const { upload, late } = await freeze(story);
    const storage = world.started();
    await storage.fence(world.now(upload));
    const content = bytes(12 * MIB);
    await world.append(storage, upload, content.subarray(0, 6 * MIB));
    await late();
    await world.finish(storage, upload, content.subarray(6 * MIB));
    expect((await world.read(storage, upload)).equals(content)).toBe(true);
    expect(await world.bucket.all()).toEqual(['a/b']);
  });
});

describe('an object that comes late', () => {
  it('after parts, of an upload that is terminated, is removed', async () => {
    const story = { over: 'its object', held: isPut, length: 12 * MIB };
    const { upload, late } = await freeze(story);
    const storage = world.started();
    await storage.fence(world.now(upload));
    await world.append(storage, upload, bytes(6 * MIB));
    await world.end(storage, upload);
    await late();
    await world.cleanUp(storage, upload);
    expect(await world.bucket.all()).toEqual([]);
  });
});

describe('a process that has lost an upload', () => {
  it('breaks off in the middle of a part', async () => {
    const frozen = world.started({ client });
    const upload = world.upload();
    const writer = await frozen.openWriter(upload);
    const isPart = asks('partNumber');
    void proxy.hold((request) => {
      if (isPart(request)) world.takeFrom(frozen, upload);
      return false;
    });
    const writing = writer.write([bytes(40 * MIB)]).then(() => writer.confirm());
    await expect(writing).rejects.toThrow(UploadFencedError);
    await writer.close();
    expect(world.state(upload)?.size).toBe(0);
  });

  it('sends nothing more of it', async () => {
    const frozen = world.started({ client });
    const upload = world.upload({ length: 7 * MIB });
    const writer = await frozen.openWriter(upload);
    await writer.write([bytes(6 * MIB)]);
    let sent = 0;
    void proxy.hold(() => {
      sent += 1;
      return false;
    });
    world.takeFrom(frozen, upload);
    await expect(writer.complete()).rejects.toThrow(UploadFencedError);
    await expect(writer.confirm()).rejects.toThrow(UploadFencedError);
    await writer.close();
    expect(sent).toBe(0);
  });
});
