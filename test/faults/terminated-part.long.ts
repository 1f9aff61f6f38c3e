import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import type { UploadStorage } from '../../lib/storage/index.js';
import { TUS_STORAGE } from '../../lib/tus.constants.js';
import {
  create,
  head,
  listFiles,
  patch,
  PLATFORMS,
  request,
  storedBytes,
  terminate,
  TUS,
  useApp,
  watchUnhandledRejections,
} from '../support/index.js';
import type { CreatedUpload, HttpResponse, TestApp } from '../support/index.js';

const MB = 1024 * 1024;
const SIZE = 64 * MB;

const PARTIAL = { 'Upload-Concat': 'partial' };

describe.each(PLATFORMS)(
  'A part terminated while a final upload is made of it (%s)',
  (platform) => {
    const app = useApp({ platform });
    const rejections = watchUnhandledRejections();

    afterEach(() => jest.restoreAllMocks());

    afterAll(() => {
      rejections.stop();
      expect(rejections.reasons).toEqual([]);
    });

    function part(body: string): Promise<CreatedUpload> {
      return create(app(), { length: body.length, body, headers: PARTIAL });
    }

    /** A part with holes: only its last byte is sent, and the disk makes the others up. */
    async function largePart(lastByte: string): Promise<CreatedUpload> {
      const upload = await create(app(), { length: SIZE, body: 'x', headers: PARTIAL });
      await truncate(join(app().tmpFileDir, upload.id), SIZE - 1);
      const response = await patch(app(), upload, { offset: SIZE - 1, body: lastByte });
      expect(response.status).toBe(204);
      return upload;
    }

    /** Terminates uploads after they were found finished, and before their bytes are read. */
    function terminateBeforeCopy(...uploads: CreatedUpload[]): void {
      const storage = app().nest.get<UploadStorage>(TUS_STORAGE, { strict: false });
      const concatenate = storage.concatenate.bind(storage);
      jest.spyOn(storage, 'concatenate').mockImplementationOnce(async (id, parts) => {
        for (const upload of uploads) expect((await terminate(app(), upload)).status).toBe(204);
        await concatenate(id, parts);
      });
    }

    it.each([0, 1, 2])(
      'makes the creation fail, and leaves nothing of it (part %i)',
      async (at) => {
        const parts = [await part('one'), await part('two'), await part('three')];
        const rest = parts.filter((_, index) => index !== at);
        const delivered = app().finished.count;
        const before = await listFiles(app().tmpFileDir);
        terminateBeforeCopy(parts[at]!);

        expectFailed(await concatenate(app(), parts));

        expect(await listFiles(app().tmpFileDir)).toEqual(
          before.filter((f) => f !== parts[at]!.id),
        );
        expect(await unfinishedFinals(app())).toEqual([]);
        expect((await head(app(), parts[at]!)).status).toBe(410);

        const final = await concatenate(app(), rest);
        expect(final.status).toBe(201);
        const words = ['one', 'two', 'three'].filter((_, index) => index !== at);
        const id = final.headers.location!.slice(-32);
        expect((await storedBytes(app(), { id })).toString()).toBe(words.join(''));
        await app().finished.of(id);
        expect(app().finished.count).toBe(delivered + 1);
      },
    );

    it('makes the whole file of it or none, while its bytes are being copied', async () => {
      const parts = [await part('first'), await largePart('a'), await largePart('b')];
      const expected = await sha256Of(parts);
      const known = new Set(await readdir(app().tmpFileDir));
      const answer = concatenate(app(), parts);
      const id = await untilHalfWritten(known);

      expect((await terminate(app(), parts[2]!)).status).toBe(204);

      const response = await answer;
      if (response.status === 201) {
        expect((await app().finished.of(id)).size).toBe(2 * SIZE + 5);
        expect(await sha256Of([{ id }])).toBe(expected);
      } else {
        expectFailed(response);
        expect(await listFiles(app().tmpFileDir)).not.toContain(id);
        expect(app().finished.countOf(id)).toBe(0);
      }
      expect((await head(app(), parts[2]!)).status).toBe(410);
      expect((await head(app(), parts[1]!)).headers['upload-offset']).toBe(String(SIZE));
    });

    /** Looks without a pause: the bytes come fast. */
    async function untilHalfWritten(known: ReadonlySet<string>): Promise<string> {
      for (;;) {
        const name = (await readdir(app().tmpFileDir)).find((file) => !known.has(file));
        if (name !== undefined && (await stat(join(app().tmpFileDir, name))).size > MB) return name;
      }
    }

    async function sha256Of(uploads: readonly Pick<CreatedUpload, 'id'>[]): Promise<string> {
      const hash = createHash('sha256');
      for (const { id } of uploads) {
        const file = createReadStream(join(app().tmpFileDir, id), { highWaterMark: MB });
        for await (const piece of file) hash.update(piece as Buffer);
      }
      return hash.digest('hex');
    }
  },
);

async function unfinishedFinals(app: TestApp): Promise<string[]> {
  const { items } = await app.tus.list({ state: 'receiving' });
  return items.map(({ id }) => id);
}

function concatenate(target: TestApp, parts: readonly CreatedUpload[]): Promise<HttpResponse> {
  const list = parts.map(({ path }) => path).join(' ');
  const headers = { ...TUS, 'Upload-Concat': `final;${list}` };
  return request(target, { method: 'POST', path: '/files', headers });
}

function expectFailed(response: HttpResponse): void {
  expect(`${response.status} ${response.text}`).toMatch(/^(?:4\d\d|500) [^\n]+\n?$/);
  expect(response.headers.location).toBeUndefined();
}
