import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tus from 'tus-js-client';
import type { UploadOptions } from 'tus-js-client';
import {
  heldNames,
  LossyProxy,
  makeTempFolder,
  PLATFORMS,
  removeTempFolder,
  retrieveOffset,
  SeededContent,
  SeededRandom,
  useApp,
} from '../support/index.js';
import type { HttpTarget, TestApp } from '../support/index.js';
import { ClientUpload, idOf, sendUntil, sha256Of } from './client-upload.js';
import type { ClientOptions, Sent } from './client-upload.js';
import { endpointOf, WITH_ENDPOINT } from './endpoint-controller.js';

const MB = 1024 * 1024;
const SIZE = 6 * MB + 12_345;
const CHUNK = MB;
const CHUNKS = Math.ceil(SIZE / CHUNK);
const RESUMES = 8;

/** What the client calls the versions that it speaks: 6 and 5. */
const DIALECTS = ['ietf-draft-05', 'ietf-draft-03'] as const;

const content = new SeededContent('ietf-tus-js-client', SIZE);
const sha256 = content.sha256();
let folder: string;
let file: string;

jest.setTimeout(20_000);

beforeAll(async () => {
  folder = await makeTempFolder();
  file = join(folder, 'source.bin');
  await writeFile(file, content.stream());
});

afterAll(() => removeTempFolder(folder));

/** The handler was told of the upload, once, and its file is the source. */
async function expectDelivered(app: TestApp, { id }: Pick<Sent, 'id'>): Promise<void> {
  const upload = await app.finished.of(id);
  expect(upload).toMatchObject({ size: SIZE, filename: 'source.bin', attempt: 1 });
  expect(await sha256Of(upload.path)).toBe(sha256);
  expect(app.finished.countOf(id)).toBe(1);
}

/** The method had the source, once, and what it returned is what the client was told. */
async function expectTaken(app: TestApp, { id, answer }: Sent): Promise<void> {
  const upload = await endpointOf(app).calls.first((call) => call.id === id);
  expect(upload.filename).toBe('source.bin');
  expect(await sha256Of(upload.path)).toBe(sha256);
  expect(endpointOf(app).countOf(id)).toBe(1);
  expect(answer.getBody()).toBe(`{"size":${SIZE}}`);
}

describe.each(
  PLATFORMS.flatMap(([platform]) => DIALECTS.map((protocol) => [platform, protocol] as const)),
)('tus-js-client and the IETF’s protocol with %s (%s)', (platform, protocol) => {
  const app = useApp({
    platform,
    tus: { protocols: ['tus', 'ietf'], ietf: { versions: [5, 6, 8, 9, 10] } },
    ...WITH_ENDPOINT,
  });

  function send(options: UploadOptions = {}, target: HttpTarget = app()): Promise<Sent> {
    const source = createReadStream(file);
    return new ClientUpload(target, source, { protocol, ...options }).start().done;
  }

  it('sends a file in chunks', async () => {
    const sent = await send({ chunkSize: CHUNK });

    expect(sent.requests).toEqual(['POST', ...Array<string>(CHUNKS).fill('PATCH')]);
    await expectDelivered(app(), sent);
  });

  it('sends a file in one stream', async () => {
    const sent = await send();

    expect(sent.requests).toEqual(['POST', 'PATCH']);
    await expectDelivered(app(), sent);
  });

  it('sends a stream whose length shows only at its end', async () => {
    const options = { protocol, chunkSize: CHUNK, uploadLengthDeferred: true };
    const sent = await new ClientUpload(app(), content.stream(), options).start().done;

    await expectDelivered(app(), sent);
  });

  it('sends the first bytes with the creation', async () => {
    const sent = await send({ chunkSize: CHUNK, uploadDataDuringCreation: true });

    expect(sent.requests).toEqual(['POST', ...Array<string>(CHUNKS - 1).fill('PATCH')]);
    await expectDelivered(app(), sent);
  });

  it('sends everything with the creation', async () => {
    const sent = await send({ uploadDataDuringCreation: true });

    expect(sent.requests).toEqual(['POST']);
    await expectDelivered(app(), sent);
  });

  it('sends a file by POST only', async () => {
    const sent = await send({ overridePatchMethod: true });

    expect(sent.requests).toEqual(['POST', 'POST']);
    await expectDelivered(app(), sent);
  });

  it('sends several files at the same time', async () => {
    const all = await Promise.all(Array.from({ length: 4 }, () => send({ chunkSize: CHUNK })));

    expect(new Set(all.map(({ id }) => id)).size).toBe(4);
    for (const sent of all) await expectDelivered(app(), sent);
  });

  it(`resumes an upload that is broken off ${RESUMES} times`, async () => {
    const random = new SeededRandom(`${platform} ${protocol}`);
    // Each cut leaves more than the chunk it is in, which may have gone out whole by then.
    const cuts = Array.from({ length: RESUMES }, () => random.integer(0, SIZE - 2 * CHUNK));
    const offsets: number[] = [];
    let uploadUrl: string | undefined;
    for (const cut of cuts.sort((a, b) => a - b)) {
      const options = { protocol, uploadUrl, chunkSize: CHUNK };
      uploadUrl = await sendUntil(app(), content, cut, options, offsets);
    }
    const sent = await send({ uploadUrl });

    expect(offsets).toHaveLength(RESUMES - 1);
    expect(offsets).toEqual([...offsets].sort((a, b) => a - b));
    expect(sent.requests).toEqual(['HEAD', 'PATCH']);
    await expectDelivered(app(), sent);
  });

  it('sends a file of no bytes', async () => {
    const sent = await new ClientUpload(app(), new SeededContent(0, 0).stream(), {
      protocol,
      chunkSize: CHUNK,
      uploadSize: 0,
    }).start().done;

    expect(sent.requests).toEqual(['POST']);
    expect((await app().finished.of(sent.id)).size).toBe(0);
  });

  it('cancels an upload of which it knows nothing but the URL', async () => {
    const url = await sendUntil(app(), content, SIZE / 2, { protocol, chunkSize: CHUNK });

    const options: ClientOptions = { protocol };
    await tus.Upload.terminate(url, options);

    const { status } = await retrieveOffset(app(), { path: new URL(url).pathname });
    expect([404, 410]).toContain(status);
    expect(await heldNames(app())).not.toContain(idOf(url));
  });

  it('succeeds without sending a byte again when the last answer was lost', async () => {
    const proxy = await LossyProxy.start(app());
    proxy.loseAnswer(/HTTP\/1\.1 2\d\d[^]*\r\nUpload-Complete: \?1\r\n/i);
    const sent = await send({}, proxy).finally(() => proxy.close());

    await proxy.lost;
    expect(sent.requests).toEqual(['POST', 'PATCH', 'HEAD']);
    await expectDelivered(app(), sent);
  });

  it.each<[name: string, options: UploadOptions]>([
    ['in one request', {}],
    ['in chunks', { chunkSize: CHUNK }],
    ['with the creation', { uploadDataDuringCreation: true }],
  ])('is told by an endpoint what its method says (%s)', async (_name, options) => {
    const sent = await send({ endpoint: `${app().url}/videos`, ...options });

    await expectTaken(app(), sent);
  });

  it('comes again until the method has done its work', async () => {
    let attempts = 0;
    endpointOf(app()).work = ({ size }) => {
      attempts++;
      if (attempts < 3) throw new Error('Not now.');
      return { size };
    };

    const sent = await send({ endpoint: `${app().url}/videos` });
    endpointOf(app()).work = ({ size }) => ({ size });

    expect(attempts).toBe(3);
    expect(sent.requests.filter((method) => method === 'POST')).toHaveLength(1);
  });

  it('fails at once where it would send parts of tus, of which nothing is delivered', async () => {
    const before = app().finished.count;

    const error = await send({ parallelUploads: 3 }).catch((reason: unknown) => reason);

    const response = (error as tus.DetailedError).originalResponse;
    expect(response?.getStatus()).toBe(400);
    const barrier = await send();
    await expectDelivered(app(), barrier);
    expect(app().finished.count).toBe(before + 1);
  });
});

describe.each(PLATFORMS)('tus-js-client and versions that are off, with %s', (platform) => {
  const app = useApp({ platform, tus: { protocols: ['tus', 'ietf'] } });

  it('is refused at once, without a byte', async () => {
    const client = new ClientUpload(app(), content.stream(), {
      protocol: 'ietf-draft-03',
      chunkSize: CHUNK,
      uploadSize: SIZE,
    });

    const error = await client.start().done.catch((reason: unknown) => reason);

    const response = (error as tus.DetailedError).originalResponse;
    expect(response?.getStatus()).toBe(400);
    expect(client.requests).toEqual(['POST']);
  });
});
