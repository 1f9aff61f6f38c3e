import { createReadStream } from 'node:fs';
import { unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import * as tus from 'tus-js-client';
import type { UploadOptions } from 'tus-js-client';
import { OnUploadFinished, TusService } from '../../lib/index.js';
import type { FinishedUpload } from '../../lib/index.js';
import {
  head,
  listFiles,
  LossyProxy,
  makeTempFolder,
  offsetOf,
  PLATFORMS,
  removeTempFolder,
  SeededContent,
  SeededRandom,
  startApp,
  TestApp,
  useApp,
} from '../support/index.js';
import type { HttpTarget } from '../support/index.js';
import { ClientUpload, idOf, sendUntil, sha256Of } from './client-upload.js';
import type { Sent } from './client-upload.js';

/** `TUS_FULL=1` sends files of 300 MB in place of 20 MB. */
const FULL = process.env.TUS_FULL === '1';
const MB = 1024 * 1024;
const SIZE = (FULL ? 300 : 20) * MB + 12_345;
const CHUNK = 5 * MB;
const RESUMES = 20;

const content = new SeededContent('tus-js-client', SIZE);
const sha256 = content.sha256();
let folder: string;
let file: string;

jest.setTimeout(FULL ? 180_000 : 20_000);

beforeAll(async () => {
  folder = await makeTempFolder();
  file = join(folder, 'source.bin');
  await writeFile(file, content.stream());
});

afterAll(() => removeTempFolder(folder));

/** Sends one file and waits for the client's success. */
function send(target: HttpTarget, input: Readable, options: UploadOptions = {}): Promise<Sent> {
  return new ClientUpload(target, input, options).start().done;
}

/** The handler was told of the upload, once, and its file is the source. */
async function expectDelivered(app: TestApp, { id }: Pick<Sent, 'id'>): Promise<void> {
  const upload = await app.finished.of(id);
  expect(upload).toMatchObject({ size: SIZE, filename: 'source.bin', attempt: 1 });
  expect(await sha256Of(upload.path)).toBe(sha256);
  expect(app.finished.countOf(id)).toBe(1);
}

describe.each(PLATFORMS)('tus-js-client with %s', (platform) => {
  const app = useApp({ platform });

  it('sends a file in chunks', async () => {
    const sent = await send(app(), createReadStream(file), { chunkSize: CHUNK });

    const chunks = Math.ceil(SIZE / CHUNK);
    expect(sent.requests).toEqual(['POST', ...Array<string>(chunks).fill('PATCH')]);
    await expectDelivered(app(), sent);
  });

  it('sends a file in one stream', async () => {
    const sent = await send(app(), createReadStream(file));

    expect(sent.requests).toEqual(['POST', 'PATCH']);
    await expectDelivered(app(), sent);
  });

  it('sends a stream whose length shows only at its end', async () => {
    const sent = await send(app(), content.stream(), {
      chunkSize: CHUNK,
      uploadLengthDeferred: true,
    });

    await expectDelivered(app(), sent);
  });

  it('sends the first bytes with the creation', async () => {
    const sent = await send(app(), createReadStream(file), {
      chunkSize: CHUNK,
      uploadDataDuringCreation: true,
    });

    const chunks = Math.ceil(SIZE / CHUNK);
    expect(sent.requests).toEqual(['POST', ...Array<string>(chunks - 1).fill('PATCH')]);
    await expectDelivered(app(), sent);
  });

  it('sends everything with the creation', async () => {
    const sent = await send(app(), createReadStream(file), { uploadDataDuringCreation: true });

    expect(sent.requests).toEqual(['POST']);
    await expectDelivered(app(), sent);
  });

  it(`resumes an upload that is broken off ${RESUMES} times`, async () => {
    const random = new SeededRandom(platform);
    // Each cut leaves more than the chunk it is in, which may have gone out whole by then.
    const cuts = Array.from({ length: RESUMES }, () => random.integer(0, SIZE - 2 * CHUNK));
    const offsets: number[] = [];
    let uploadUrl: string | undefined;
    for (const cut of cuts.sort((a, b) => a - b)) {
      uploadUrl = await sendUntil(app(), content, cut, { uploadUrl, chunkSize: CHUNK }, offsets);
    }
    const sent = await send(app(), createReadStream(file), { uploadUrl });

    expect(offsets).toHaveLength(RESUMES - 1);
    expect(offsets).toEqual([...offsets].sort((a, b) => a - b));
    expect(sent.requests).toEqual(['HEAD', 'PATCH']);
    await expectDelivered(app(), sent);
  });

  it('ends an upload under way and frees its bytes', async () => {
    let url: string | undefined;
    await new Promise<void>((resolve, reject) => {
      const client: ClientUpload = new ClientUpload(app(), createReadStream(file), {
        chunkSize: CHUNK,
        onChunkComplete: () => {
          url = client.upload.url ?? undefined;
          client.abort(true).then(resolve, reject);
        },
      }).start();
    });

    expect((await head(app(), { path: new URL(url!).pathname })).status).toBe(410);
    expect(await listFiles(app().tmpFileDir)).not.toContain(idOf(url!));
    expect(app().finished.countOf(idOf(url!))).toBe(0);
  });

  it('ends an upload of which it knows nothing but the URL', async () => {
    const url = await sendUntil(app(), content, SIZE / 2, { chunkSize: CHUNK }, []);

    await tus.Upload.terminate(url);

    expect((await head(app(), { path: new URL(url).pathname })).status).toBe(410);
    expect(await listFiles(app().tmpFileDir)).not.toContain(idOf(url));
  });

  it('succeeds without sending a byte again when the last answer was lost', async () => {
    const proxy = await proxyThatLosesTheLastAnswer(app());
    const sent = await send(proxy, createReadStream(file)).finally(() => proxy.close());

    await proxy.lost;
    expect(sent.requests).toEqual(['POST', 'PATCH', 'HEAD']);
    await expectDelivered(app(), sent);
  });
});

/** A handler that leaves no file behind, in the way the upload names. */
@Injectable()
class Remover {
  readonly calls: FinishedUpload[] = [];
  private heard = (): void => undefined;
  /** Resolves once a file was removed. */
  readonly removed = new Promise<void>((resolve) => (this.heard = resolve));

  constructor(private readonly tusService: TusService) {}

  @OnUploadFinished()
  async remove(upload: FinishedUpload): Promise<void> {
    this.calls.push(upload);
    expect(await sha256Of(upload.path)).toBe(sha256);
    if (upload.metadata.how === 'service') await this.tusService.cleanupFile(upload.id);
    else await unlink(upload.path);
    this.heard();
  }
}

describe.each(PLATFORMS)(
  'tus-js-client with %s, and a handler that deletes the file',
  (platform) => {
    it.each(['service', 'unlink'])(
      'succeeds without sending a byte again when the last answer was lost (by %s)',
      async (how) => {
        const app = await startApp({ platform, providers: [Remover] });
        const remover = app.nest.get(Remover);
        const proxy = await proxyThatLosesTheLastAnswer(app);
        const sent = await send(proxy, createReadStream(file), {
          metadata: { how },
          onBeforeRequest: (request) =>
            request.getMethod() === 'HEAD' ? remover.removed : undefined,
        });

        expect(sent.requests).toEqual(['POST', 'PATCH', 'HEAD']);
        expect(await offsetOf(app, { path: new URL(sent.url).pathname })).toBe(SIZE);
        expect(await listFiles(app.tmpFileDir)).not.toContain(sent.id);
        expect(remover.calls).toHaveLength(1);
        await proxy.close();
        await app.close();
      },
    );
  },
);

async function proxyThatLosesTheLastAnswer(target: HttpTarget): Promise<LossyProxy> {
  const proxy = await LossyProxy.start(target);
  proxy.loseAnswer(new RegExp(`^HTTP/1\\.1 204[^]*\\r\\nUpload-Offset: ${SIZE}\\r\\n`, 'i'));
  return proxy;
}
