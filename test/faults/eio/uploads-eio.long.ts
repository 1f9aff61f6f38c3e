import { readdir } from 'node:fs/promises';
import {
  create,
  encodeMetadata,
  head,
  offsetOf,
  patch,
  post,
  TUS,
} from '../../support/tus-client.js';
import type { CreatedUpload } from '../../support/tus-client.js';
import { request } from '../../support/http-client.js';
import type { HttpResponse } from '../../support/http-client.js';
import { eventually } from '../../support/eventually.js';
import { PLATFORMS } from '../../support/platforms.js';
import { SeededContent } from '../../support/seeded.js';
import { makeTempFolder, removeTempFolder } from '../../support/temp-folder.js';
import { buildFaultShim, ENOSPC } from '../shim/fault-shim.js';
import { FaultyServer } from '../shim/faulty-server.js';

const tools = await makeTempFolder();
const shim = await buildFaultShim(tools);
afterAll(() => removeTempFolder(tools));

const THIRD = 100_000;
const content = new SeededContent('eio', 3 * THIRD);

/** What a client is told whose bytes the disk has failed to keep. */
function expectRefused({ status, headers, text }: HttpResponse): void {
  expect(`${status} ${text}`).toMatch(/^503 [^\n]+\n?$/);
  expect(Number(headers['retry-after'])).toBeGreaterThan(0);
}

if (shim) {
  describe.each(PLATFORMS)('An upload on a disk whose flushes fail, with %s', (platform) => {
    let server: FaultyServer;

    const serveAt = (durability: 'completion' | 'chunk') => {
      beforeAll(async () => {
        server = await FaultyServer.start(platform, shim, { durability, hash: 'sha256' });
      });
      afterEach(() => server.recover());
      afterAll(() => server.stop());
    };

    const sendThird = (upload: CreatedUpload, index: number) =>
      patch(server, upload, {
        offset: index * THIRD,
        body: content.bytes(index * THIRD, (index + 1) * THIRD),
      });

    /** Goes on where HEAD says, as a client does, to the end; and looks at what came of it. */
    async function finish(upload: CreatedUpload): Promise<void> {
      const offset = await offsetOf(server, upload);
      if (offset < content.length) {
        const response = await patch(server, upload, { offset, body: content.bytes(offset) });
        expect(response.status).toBe(204);
      }
      await expectWhole(upload);
    }

    async function expectWhole(upload: CreatedUpload): Promise<void> {
      expect(await offsetOf(server, upload)).toBe(content.length);
      expect((await server.stored(upload)).equals(content.bytes())).toBe(true);
      const calls = await server.delivered(upload);
      expect(calls.map(({ sha256 }) => sha256)).toEqual([content.sha256()]);
    }

    const files = async () => (await readdir(server.tmpFileDir)).filter((name) => name !== '.tus');

    describe("at durability 'completion'", () => {
      serveAt('completion');

      it('counts nothing when the flush of the whole fails, and says so once', async () => {
        const upload = await create(server, { length: content.length });
        await sendThird(upload, 0);
        await sendThird(upload, 1);
        server.fail({ calls: ['fdatasync'], path: upload.id, times: 1, loses: true });

        expectRefused(await sendThird(upload, 2));

        expect(await offsetOf(server, upload)).toBe(0);
        expect(server.linesWith(upload.id)).toEqual([
          expect.stringMatching(/disk has failed .*EIO.* last 300000 bytes do not count/),
        ]);
        await finish(upload);
      });

      it('answers 507 when the flush fails for lack of room, and counts nothing', async () => {
        const upload = await create(server, { length: content.length });
        await sendThird(upload, 0);
        await sendThird(upload, 1);
        server.fail({
          calls: ['fdatasync'],
          path: upload.id,
          code: ENOSPC,
          times: 1,
          loses: true,
        });

        expect((await sendThird(upload, 2)).status).toBe(507);
        await finish(upload);
      });

      it('counts nothing of a checksummed chunk or a creation whose flush fails', async () => {
        const upload = await create(server, { length: content.length });
        const headers = { 'Upload-Checksum': `sha256 ${base64(content.sha256())}` };
        server.fail({ calls: ['fdatasync'], path: upload.id, times: 1, loses: true });
        expectRefused(await patch(server, upload, { body: content.bytes(), headers }));
        expect(await offsetOf(server, upload)).toBe(0);
        expect((await patch(server, upload, { body: content.bytes(), headers })).status).toBe(204);
        await expectWhole(upload);

        const { length } = content;
        const metadata = { id: 'order-1' };
        const before = await files();
        server.fail({ calls: ['fdatasync'], path: 'order-1', times: 1, loses: true });
        expectRefused(await post(server, { length, metadata, body: content.bytes() }));
        expect(await files()).toEqual(before);
      });

      it('makes a final upload anew whose flush has failed', async () => {
        const headers = { 'Upload-Concat': 'partial' };
        const parts = [content.bytes(0, THIRD), content.bytes(THIRD)];
        const made = await Promise.all(
          parts.map((body) => create(server, { length: body.length, body, headers })),
        );
        const before = await files();
        const list = made.map(({ path }) => path).join(' ');
        const ask = (id: string) =>
          request(server, {
            method: 'POST',
            path: '/files',
            headers: {
              ...TUS,
              'Upload-Concat': `final;${list}`,
              'Upload-Metadata': encodeMetadata({ id }),
            },
          });
        server.fail({ calls: ['fdatasync'], path: 'final-1', times: 1, loses: true });

        expectRefused(await ask('final-1'));

        expect(await files()).toEqual(before);
        const { status } = await ask('final-2');
        expect(status).toBe(201);
        expect(await offsetOf(server, { path: '/files/final-2' })).toBe(content.length);
        const calls = await server.delivered({ id: 'final-2' });
        expect(calls.map(({ sha256 }) => sha256)).toEqual([content.sha256()]);
      });

      it('gives the file another name when the flush of its folder fails', async () => {
        const upload = await create(server, { length: content.length });
        await sendThird(upload, 0);
        const waiting = await create(server, { length: content.length });
        await sendThird(waiting, 0);
        const [first, other] = await Promise.all([upload, waiting].map((it) => server.fileOf(it)));
        server.fail({ calls: ['fsync'], path: '*/uploads', times: 1 });

        const body = content.bytes(THIRD);
        expectRefused(await patch(server, upload, { offset: THIRD, body }));

        expect(await offsetOf(server, upload)).toBe(content.length);
        await expectWhole(upload);
        expect(await server.fileOf(upload)).not.toBe(first);
        // What was there before needs a new name as well, whatever the next flush says.
        await finish(waiting);
        expect(await server.fileOf(waiting)).not.toBe(other);
        expect(server.linesWith(waiting.id)).toEqual([]);
      });
    });

    describe("at durability 'chunk'", () => {
      serveAt('chunk');

      it('counts what was flushed before, in a new file', async () => {
        const upload = await create(server, { length: content.length });
        await sendThird(upload, 0);
        const first = await server.fileOf(upload);
        server.fail({ calls: ['fdatasync'], path: upload.id, times: 1, loses: true });

        expectRefused(await sendThird(upload, 1));

        expect(await offsetOf(server, upload)).toBe(THIRD);
        expect((await server.stored(upload)).equals(content.bytes(0, THIRD))).toBe(true);
        expect(await server.fileOf(upload)).not.toBe(first);
        await finish(upload);
        expect(server.linesWith(upload.id)).toHaveLength(1);
      });

      it('is refused until a new file can be made, also after a restart', async () => {
        const upload = await create(server, { length: content.length });
        await sendThird(upload, 0);
        server.fail({ calls: ['fdatasync', 'fsync'], path: upload.id, loses: true });
        expectRefused(await sendThird(upload, 1));
        await expectNoMore(upload);

        await server.restart();
        await expectNoMore(upload);

        const first = await server.fileOf(upload);
        server.recover();
        expect(await offsetOf(server, upload)).toBe(THIRD);
        expect(await server.fileOf(upload)).not.toBe(first);
        await finish(upload);
      });

      it('never counts what was lost, even when the disk takes nothing at all', async () => {
        const upload = await create(server, { length: content.length });
        await sendThird(upload, 0);
        server.fail(
          { calls: ['fdatasync', 'fsync'], path: upload.id, loses: true },
          { calls: ['fdatasync', 'fsync', 'ftruncate64', 'unlink', 'rename'], path: 'uploads' },
        );
        expectRefused(await sendThird(upload, 1));
        const { headers } = await head(server, upload);
        expect([undefined, String(THIRD)]).toContain(headers['upload-offset']);

        server.recover();
        // The registry is in a new file first.
        await eventually(() => create(server, { length: 1 }));
        expect(await offsetOf(server, upload)).toBe(THIRD);
        await finish(upload);
      });

      it('flushes what another process has left before it goes on', async () => {
        const upload = await create(server, { length: content.length });
        await sendThird(upload, 0);
        await server.restart();
        server.fail({ calls: ['fdatasync'], path: upload.id, times: 1, after: 1, loses: true });

        expectRefused(await sendThird(upload, 1));

        expect(await offsetOf(server, upload)).toBe(THIRD);
        await finish(upload);
      });

      it('does not acknowledge what another process has left before it is flushed', async () => {
        const upload = await create(server, { length: content.length });
        await sendThird(upload, 0);
        await server.restart();
        server.fail({ calls: ['fdatasync'], path: upload.id, times: 1, loses: true });

        expect((await head(server, upload)).status).toBe(423);

        // Of that, nothing is known to be on disk.
        expect(await offsetOf(server, upload)).toBe(0);
        await finish(upload);
      });

      /** It may be refused, and whatever it is told to have is what was flushed. */
      async function expectNoMore(upload: CreatedUpload): Promise<void> {
        const { status, headers } = await head(server, upload);
        expect([423, 503]).toContain(status);
        expect(headers['upload-offset']).toBeUndefined();
        expectRefused(await sendThird(upload, 1));
      }
    });
  });
}

function base64(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64');
}
