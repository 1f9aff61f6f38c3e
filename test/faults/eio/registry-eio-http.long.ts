import { createHash } from 'node:crypto';
import { eventually } from '../../support/eventually.js';
import { PLATFORMS } from '../../support/platforms.js';
import { makeTempFolder, removeTempFolder } from '../../support/temp-folder.js';
import { create, head, offsetOf, patch, post } from '../../support/tus-client.js';
import { buildFaultShim } from '../shim/fault-shim.js';
import { FaultyServer } from '../shim/faulty-server.js';

const tools = await makeTempFolder();
const shim = await buildFaultShim(tools);
afterAll(() => removeTempFolder(tools));

const TEXT = 'what was acknowledged stays acknowledged';

if (shim) {
  describe.each(PLATFORMS)('A server whose registry cannot be flushed, with %s', (platform) => {
    let server: FaultyServer;
    beforeAll(async () => {
      server = await FaultyServer.start(platform, shim);
    });
    afterEach(() => server.recover());
    afterAll(() => server.stop());

    /** One commit fails, and so does every copy. */
    const failOnce = ({ after = 0 } = {}) =>
      server.fail(
        { calls: ['fdatasync'], path: 'uploads/.tus/data.mdb', times: 1, after },
        { calls: ['fsync'], path: 'uploads/.tus/.repair' },
      );

    /** Waits until the registry is in a new file. */
    const served = () => eventually(() => create(server, { length: 1 }));

    it('answers 503 with one line in the log, and goes on with a new file', async () => {
      const upload = await create(server, { length: TEXT.length });
      const begun = await patch(server, upload, { body: TEXT.slice(0, 10) });
      expect(begun.status).toBe(204);
      const first = await server.registryFile();
      const before = server.linesWith('ERROR').length;
      failOnce();

      for (let i = 0; i < 3; i++) {
        const { status, headers, text } = await post(server, { length: 1 });
        expect(`${status} ${text}`).toMatch(/^503 [^\n]+\n?$/);
        expect(Number(headers['retry-after'])).toBeGreaterThan(0);
      }
      // What needs no write is served meanwhile.
      expect((await head(server, upload)).headers['upload-offset']).toBe('10');
      server.recover();
      await served();

      expect(await server.registryFile()).not.toBe(first);
      expect(await offsetOf(server, upload)).toBe(10);
      const body = TEXT.slice(10);
      expect((await patch(server, upload, { offset: 10, body })).status).toBe(204);
      expect(await server.delivered(upload)).toHaveLength(1);
      expect(server.linesWith('ERROR').slice(before)).toEqual([
        expect.stringContaining('The disk has failed to store what is known of uploads'),
      ]);
    });

    it('does not finish an upload whose finish it could not store, until it can', async () => {
      const upload = await create(server, { length: TEXT.length });
      failOnce();

      expect((await patch(server, upload, { body: TEXT })).status).toBe(503);
      expect([423, 503]).toContain((await head(server, upload)).status);
      server.recover();
      await served();

      expect(await offsetOf(server, upload)).toBe(TEXT.length);
      expect(await server.delivered(upload)).toHaveLength(1);
      expect((await server.stored(upload)).toString()).toBe(TEXT);
    });

    it("asks an endpoint's method again whose answer it could not keep", async () => {
      const options = { path: '/calls', length: TEXT.length, metadata: { takes: '0' } };
      const upload = await create(server, options);
      // The commit after that of the finish.
      failOnce({ after: 1 });

      const { status, headers } = await patch(server, upload, { body: TEXT });
      expect(status).toBe(503);
      expect(Number(headers['retry-after'])).toBeGreaterThan(0);
      server.recover();
      await served();

      const again = await patch(server, upload, { offset: TEXT.length });
      expect(again.status).toBe(200);
      expect(again.text).toContain(createHash('sha256').update(TEXT).digest('hex'));
      expect((await patch(server, upload, { offset: TEXT.length })).text).toBe(again.text);
    });

    it('copies the registry at the next start, when it is killed before it could', async () => {
      const upload = await create(server, { length: TEXT.length });
      const first = await server.registryFile();
      server.fail({ calls: ['fdatasync'], path: 'uploads/.tus/data.mdb' });
      expect((await post(server, { length: 1 })).status).toBe(503);
      server.recover();

      await server.restart();

      expect(await server.registryFile()).not.toBe(first);
      expect(await offsetOf(server, upload)).toBe(0);
      expect((await patch(server, upload, { body: TEXT })).status).toBe(204);
    });
  });
}
