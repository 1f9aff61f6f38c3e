import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { Agent } from 'node:http';
import {
  Injectable,
  ServiceUnavailableException,
  UnprocessableEntityException,
} from '@nestjs/common';
import * as tus from 'tus-js-client';
import { BeforeUploadFinish } from '../../lib/index.js';
import type { CompleteUpload, FileHash } from '../../lib/index.js';
import type { UploadStorage } from '../../lib/storage/index.js';
import { TUS_STORAGE } from '../../lib/tus.constants.js';
import {
  create,
  eventually,
  expectRefused,
  head,
  listFiles,
  makeTempFolder,
  OCTETS,
  offsetOf,
  patch,
  PLATFORMS,
  post,
  rawHead,
  removeTempFolder,
  request,
  SeededContent,
  startApp,
  TUS,
  useApp,
} from '../support/index.js';
import type { CreatedUpload, PlatformName, TestApp, TusOptions } from '../support/index.js';
import { endpointOf, sendTo, WITH_ENDPOINT } from './endpoint-controller.js';

const MB = 1024 * 1024;
const TEXT = 'hello, world';

function sha256(bytes: string | Uint8Array): FileHash {
  return { algorithm: 'sha256', hex: createHash('sha256').update(bytes).digest('hex') };
}

function checksum(bytes: string): Record<string, string> {
  return { 'Upload-Checksum': `sha1 ${createHash('sha1').update(bytes).digest('base64')}` };
}

/** Is asked about every upload, and refuses for now while it is told to. */
@Injectable()
class Inspector {
  readonly uploads: CompleteUpload[] = [];
  isBusy = false;

  @BeforeUploadFinish()
  inspect(upload: CompleteUpload): void {
    this.uploads.push(upload);
    if (this.isBusy) throw new ServiceUnavailableException();
  }

  @BeforeUploadFinish({
    quarantine: true,
    when: ({ metadata }) => metadata['filename'] === 'suspicious',
  })
  suspect(): void {
    throw new UnprocessableEntityException();
  }
}

const WITH_INSPECTOR = {
  controllers: WITH_ENDPOINT.controllers,
  providers: [Inspector, ...WITH_ENDPOINT.providers],
};

/** How often the storage of an app is asked for bytes from here on. */
function readsOf(app: TestApp): () => number {
  const storage = app.nest.get<UploadStorage>(TUS_STORAGE, { strict: false });
  const read = storage.createReadStream.bind(storage);
  let reads = 0;
  storage.createReadStream = (...args) => {
    reads++;
    return read(...args);
  };
  return () => reads;
}

/** What everybody is told of a finished upload. */
async function hashesOf(app: TestApp, { id }: Pick<CreatedUpload, 'id'>): Promise<unknown[]> {
  const finished = await app.finished.of(id);
  const inspected = app.nest.get(Inspector).uploads.find((upload) => upload.id === id);
  return [inspected?.hash, finished.hash, (await app.tus.find(id))?.hash];
}

async function expectHash(app: TestApp, upload: Pick<CreatedUpload, 'id'>, hash: FileHash) {
  expect(await hashesOf(app, upload)).toEqual([hash, hash, hash]);
}

describe.each(PLATFORMS)('the hash of a file on %s', (platform) => {
  const app = useApp({ platform, tus: { hash: 'sha256' }, ...WITH_INSPECTOR });

  it('is there for hooks, handlers and the service', async () => {
    const reads = readsOf(app());
    const upload = await create(app(), { length: TEXT.length });
    expect(await app().tus.find(upload.id)).not.toHaveProperty('hash');
    await patch(app(), upload, { body: TEXT });

    await expectHash(app(), upload, sha256(TEXT));
    expect(reads()).toBe(0);
  });

  it('is there of a file whose bytes come with its creation, and of one without any', async () => {
    await expectHash(app(), await create(app(), { length: 12, body: TEXT }), sha256(TEXT));
    await expectHash(app(), await create(app(), { length: 0 }), sha256(''));
  });

  it('is there of a file that comes in many requests, and is not read back', async () => {
    const reads = readsOf(app());
    const upload = await create(app(), { body: TEXT.slice(0, 1) });
    for (let offset = 1; offset < TEXT.length; offset++) {
      const headers = offset === 5 ? { 'Upload-Length': '12' } : {};
      await patch(app(), upload, { offset, body: TEXT.charAt(offset), headers });
    }

    await expectHash(app(), upload, sha256(TEXT));
    expect(reads()).toBe(0);
  });

  it('is there of a large file', async () => {
    const bytes = await bytesOf(new SeededContent('file-hash', 5 * MB + 7));
    const upload = await create(app(), { length: bytes.length, body: bytes.subarray(0, 2 * MB) });
    await patch(app(), upload, { offset: 2 * MB, body: bytes.subarray(2 * MB) });

    await expectHash(app(), upload, sha256(bytes));
  });

  it('counts bytes that a connection brought before it broke', async () => {
    const upload = await create(app(), { length: TEXT.length });
    const connection = await app().connect();
    const lines = ['Tus-Resumable: 1.0.0', `Content-Type: ${OCTETS}`, 'Upload-Offset: 0'];
    await connection.write(rawHead('PATCH', upload.path, [...lines, 'Content-Length: 12']));
    await connection.write(TEXT.slice(0, 5));
    await eventually(async () => expect((await app().tus.find(upload.id))?.offset).toBe(5));
    connection.destroy();
    expect(await offsetOf(app(), upload)).toBe(5);
    await patch(app(), upload, { offset: 5, body: TEXT.slice(5) });

    await expectHash(app(), upload, sha256(TEXT));
  });

  it('does not count bytes that were not what their checksum said', async () => {
    const reads = readsOf(app());
    const upload = await create(app(), { length: TEXT.length, body: TEXT.slice(0, 5) });
    const damaged = { offset: 5, body: 'dam', headers: checksum('xxx') };
    expect((await patch(app(), upload, damaged)).status).toBe(460);
    const rest = TEXT.slice(5);
    const right = { offset: 5, body: rest, headers: checksum(rest) };
    expect((await patch(app(), upload, right)).status).toBe(204);

    await expectHash(app(), upload, sha256(TEXT));
    expect(reads()).toBe(0);
  });

  it('does not count bytes that were too many', async () => {
    const upload = await create(app(), { length: TEXT.length, body: TEXT.slice(0, 5) });
    const chunked = ['too ', 'many ', 'bytes'];
    expect((await patch(app(), upload, { offset: 5, body: chunked })).status).toBe(413);
    await patch(app(), upload, { offset: 5, body: TEXT.slice(5) });

    await expectHash(app(), upload, sha256(TEXT));
  });

  it('is there of a file that is made of parts, and of no part', async () => {
    const headers = { 'Upload-Concat': 'partial' };
    const parts: CreatedUpload[] = [];
    for (const body of [TEXT.slice(0, 5), TEXT.slice(5)]) {
      parts.push(await create(app(), { length: body.length, body, headers }));
    }
    const whole = await request(app(), {
      method: 'POST',
      path: '/files',
      headers: { ...TUS, 'Upload-Concat': `final;${parts.map(({ path }) => path).join(' ')}` },
    });

    const id = whole.headers.location!.slice('/files/'.length);
    await expectHash(app(), { id }, sha256(TEXT));
    for (const part of parts) {
      expect(await app().tus.find(part.id)).not.toHaveProperty('hash');
    }
  });

  it('is there for endpoints', async () => {
    const sent = await sendTo(app(), TEXT);

    expect(sent.answer.status).toBe(200);
    const [upload] = endpointOf(app()).calls.all.filter(({ id }) => id === sent.id);
    expect(upload?.hash).toEqual(sha256(TEXT));
  });

  it('is computed once though the hooks cannot decide', async () => {
    const reads = readsOf(app());
    const inspector = app().nest.get(Inspector);
    inspector.isBusy = true;
    const upload = await create(app(), { length: TEXT.length });
    expect((await patch(app(), upload, { body: TEXT })).status).toBe(503);
    inspector.isBusy = false;
    expect((await patch(app(), upload, { offset: TEXT.length })).status).toBe(204);

    await expectHash(app(), upload, sha256(TEXT));
    expect(reads()).toBe(0);
  });

  it('is there of a file that is quarantined, and afterwards', async () => {
    const metadata = { filename: 'suspicious' };
    const upload = await create(app(), { length: TEXT.length, metadata });
    expect((await patch(app(), upload, { body: TEXT })).status).toBe(422);
    expect(await app().tus.find(upload.id)).toMatchObject({
      state: 'quarantined',
      hash: sha256(TEXT),
    });

    await app().tus.release(upload.id);
    await expectHash(app(), upload, sha256(TEXT));
  });

  it('is that of each of many files that come at once', async () => {
    const texts = Array.from({ length: 20 }, (_, index) => `${TEXT} ${index}`);
    const sends = texts.map(async (text) => {
      const upload = await create(app(), { length: text.length, body: text.slice(0, 3) });
      await patch(app(), upload, { offset: 3, body: text.slice(3) });
      return upload;
    });

    const uploads = await Promise.all(sends);

    for (const [index, upload] of uploads.entries()) {
      await expectHash(app(), upload, sha256(texts[index]!));
    }
  });
});

describe.each(PLATFORMS)('the hash of a file and a restart on %s', (platform) => {
  let folder: string;
  let app: TestApp;
  beforeEach(async () => {
    folder = await makeTempFolder();
    app = await start(platform, folder);
  });
  afterEach(async () => {
    await app.close();
    await removeTempFolder(folder);
  });

  async function restart(tus?: TusOptions): Promise<void> {
    await app.close();
    app = await start(platform, folder, tus);
  }

  it('is that of the whole, also of the bytes that came before', async () => {
    const bytes = await bytesOf(new SeededContent('file-hash', 3 * MB + 11));
    const upload = await create(app, { length: bytes.length, body: bytes.subarray(0, 2 * MB) });

    await restart();
    await patch(app, upload, { offset: 2 * MB, body: bytes.subarray(2 * MB, 2 * MB + 5) });
    await patch(app, upload, { offset: 2 * MB + 5, body: bytes.subarray(2 * MB + 5) });

    await expectHash(app, upload, sha256(bytes));
  });

  it('is there of a file whose last byte had come, and which was finished afterwards', async () => {
    app.nest.get(Inspector).isBusy = true;
    const upload = await create(app, { length: TEXT.length });
    expect((await patch(app, upload, { body: TEXT })).status).toBe(503);

    await restart();

    await expectHash(app, upload, sha256(TEXT));
    expect(app.logs.errors()).toEqual([]);
  });

  it('is remembered, and unknown of what was finished without the option', async () => {
    const upload = await create(app, { length: TEXT.length, body: TEXT });

    await restart({ hash: undefined });
    const other = await create(app, { length: TEXT.length, body: TEXT });

    expect((await app.tus.find(upload.id))?.hash).toEqual(sha256(TEXT));
    expect(await hashesOf(app, other)).toEqual([undefined, undefined, undefined]);
    for (const told of [app.nest.get(Inspector).uploads.at(-1), await app.finished.of(other.id)]) {
      expect(told).not.toHaveProperty('hash');
    }
  });

  it('does not hold up the end of the app, which tells the client to come again', async () => {
    const upload = await create(app, { length: TEXT.length, body: TEXT.slice(0, 5) });
    await restart();
    const storage = app.nest.get<UploadStorage>(TUS_STORAGE, { strict: false });
    const read = storage.createReadStream.bind(storage);
    // A terabyte of which nothing has been read yet.
    const reading = new Promise<void>((resolve) => {
      storage.createReadStream = (...args) =>
        Object.assign(read(...args), { _read: () => resolve() });
    });
    const answer = patch(app, upload, { offset: 5, body: TEXT.slice(5) });
    await reading;
    await eventually(async () => expect((await app.tus.find(upload.id))?.offset).toBe(12));

    await app.nest.close();

    const { status, headers } = await answer;
    expect([status, headers['retry-after']]).toEqual([503, '1']);
    app = await start(platform, folder);
    await expectHash(app, upload, sha256(TEXT));
    expect(app.logs.errors()).toEqual([]);
  });
});

function start(platform: PlatformName, tmpFileDir: string, tus: TusOptions = {}): Promise<TestApp> {
  return startApp({ platform, tmpFileDir, tus: { hash: 'sha256', ...tus }, ...WITH_INSPECTOR });
}

describe.each(PLATFORMS)('a file that must be what its client says, on %s', (platform) => {
  const app = useApp({
    platform,
    tus: { hash: { algorithm: 'sha256', compareWith: 'sha256' } },
    ...WITH_ENDPOINT,
  });
  const digest = createHash('sha256').update(TEXT).digest();

  it.each([
    ['hexadecimal digits', digest.toString('hex')],
    ['Base64', digest.toString('base64')],
    ['the bytes of the digest', `sha256 ${digest.toString('base64')}`],
    ['nothing', undefined],
  ])('is taken when it says so by %s', async (how, said) => {
    const isHeader = how.includes('bytes');
    const metadata = isHeader ? said : { ...(said !== undefined && { sha256: said }) };
    const upload = await create(app(), { length: TEXT.length, metadata });

    expect((await patch(app(), upload, { body: TEXT })).status).toBe(204);
    expect((await app().finished.of(upload.id)).hash).toEqual(sha256(TEXT));
  });

  it.each(['', 'abc', digest.toString('hex').slice(2), digest.toString('base64url')])(
    'is refused at its creation when it says %j',
    async (said) => {
      const response = await post(app(), {
        length: TEXT.length,
        metadata: { sha256: said },
        body: TEXT,
      });

      expectRefused(response, 400);
      expect(response.text).toContain('"sha256" must be a sha256 digest');
    },
  );

  it('is refused with its last byte when it is another one, each time it is asked about', async () => {
    const metadata = { sha256: digest.toString('hex') };
    const upload = await create(app(), { length: TEXT.length, metadata, body: 'HELLO' });
    const handled = app().finished.count;

    const refused = await patch(app(), upload, { offset: 5, body: TEXT.slice(5) });

    expectRefused(refused, 422);
    expect(refused.text).toMatch(/sha256 of the file is not the one in its metadata/);
    expectRefused(await patch(app(), upload, { offset: 12 }), 422);
    expect((await head(app(), upload)).status).toBe(422);
    expect((await app().tus.find(upload.id))?.state).toBe('terminated');
    expect(await listFiles(app().tmpFileDir)).not.toContain(upload.id);
    expect(app().finished.count).toBe(handled);
    expect(app().logs.errors()).toEqual([]);
  });

  it('is refused with a creation that brings all of it', async () => {
    const metadata = { sha256: digest.toString('base64') };
    const response = await post(app(), { length: 5, metadata, body: 'other' });

    expectRefused(response, 422);
    expect(response.headers.location).toBeUndefined();
  });

  it('is refused when it is made of parts, whose metadata say nothing', async () => {
    const metadata = { sha256: 'what a part says does not matter' };
    const headers = { 'Upload-Concat': 'partial' };
    const part = await create(app(), { length: 5, body: 'other', metadata, headers });
    const make = (said: string) =>
      request(app(), {
        method: 'POST',
        path: '/files',
        headers: {
          ...TUS,
          'Upload-Concat': `final;${part.path}`,
          'Upload-Metadata': `sha256 ${Buffer.from(said).toString('base64')}`,
        },
      });

    expectRefused(await make(digest.toString('hex')), 422);
    expectRefused(await make('abc'), 400);
    expect((await make(sha256('other').hex)).status).toBe(201);
  });

  it('is refused before an endpoint is asked', async () => {
    const metadata = { sha256: digest.toString('hex') };

    const sent = await sendTo(app(), 'other', { metadata });

    expectRefused(sent.answer, 422);
    expect(endpointOf(app()).countOf(sent.id)).toBe(0);
    expect((await sendTo(app(), TEXT, { metadata })).answer.status).toBe(200);
  });

  it('is compared in tus-js-client’s uploads, which do not come back', async () => {
    const send = (text: string, parallelUploads: number): Promise<string> => {
      const agent = new Agent({ keepAlive: true });
      const requests: string[] = [];
      return new Promise<string>((resolve, reject) => {
        const upload = new tus.Upload(Buffer.from(text), {
          endpoint: `${app().url}/files`,
          metadata: { sha256: digest.toString('hex') },
          parallelUploads,
          retryDelays: [0, 0, 0],
          httpStack: new tus.DefaultHttpStack({ agent }),
          onBeforeRequest: (req) => void requests.push(req.getMethod()),
          onSuccess: () => resolve(requests.join(' ')),
          onError: (error) => reject(new Error(`${requests.join(' ')}: ${error.message}`)),
        });
        upload.start();
      }).finally(() => agent.destroy());
    };

    expect(await send(TEXT, 1)).toBe('POST PATCH');
    await send(TEXT, 2);
    await expect(send('other', 1)).rejects.toThrow(/^POST PATCH: .*422/);
    await expect(send('other', 2)).rejects.toThrow(/422/);
  });
});

describe.each(PLATFORMS)('the hash by crc32 on %s', (platform) => {
  const app = useApp({
    platform,
    tus: { hash: { algorithm: 'crc32', compareWith: 'crc' } },
  });

  it('is that of the whole, damaged bytes not among it', async () => {
    const hex = crc32(TEXT).toString(16).padStart(8, '0');
    const metadata = { crc: hex };
    const upload = await create(app(), { length: 12, metadata, body: TEXT.slice(0, 5) });
    const damaged = { offset: 5, body: 'dam', headers: checksum('xxx') };
    expect((await patch(app(), upload, damaged)).status).toBe(460);
    expect((await patch(app(), upload, { offset: 5, body: TEXT.slice(5) })).status).toBe(204);

    expect((await app().finished.of(upload.id)).hash).toEqual({ algorithm: 'crc32', hex });
  });
});

async function bytesOf(content: SeededContent): Promise<Buffer> {
  return Buffer.concat((await content.stream().toArray()) as Buffer[]);
}
