import { eventually } from '../../support/eventually.js';
import { PLATFORMS } from '../../support/platforms.js';
import { rawHead, RawConnection } from '../../support/raw-http.js';
import { SeededContent } from '../../support/seeded.js';
import { makeTempFolder, removeTempFolder } from '../../support/temp-folder.js';
import { create, head, OCTETS, offsetOf, patch } from '../../support/tus-client.js';
import type { CreatedUpload } from '../../support/tus-client.js';
import { buildFaultShim } from '../shim/fault-shim.js';
import { FaultyServer } from '../shim/faulty-server.js';

const tools = await makeTempFolder();
const shim = await buildFaultShim(tools);
afterAll(() => removeTempFolder(tools));

const MIB = 1024 * 1024;
const content = new SeededContent('early', 44 * MIB);

if (shim) {
  describe.each(PLATFORMS)('A flush that fails while bytes come, with %s', (platform) => {
    let server: FaultyServer;
    let upload: CreatedUpload;
    beforeAll(async () => {
      server = await FaultyServer.start(platform, shim, { hash: 'sha256' });
    });
    beforeEach(async () => {
      upload = await create(server, { length: content.length });
    });
    afterEach(() => server.recover());
    afterAll(() => server.stop());

    const failOnce = () =>
      server.fail({ calls: ['fdatasync'], path: upload.id, times: 1, loses: true });

    async function expectWhole(): Promise<void> {
      const offset = await offsetOf(server, upload);
      const response = await patch(server, upload, { offset, body: content.bytes(offset) });
      expect(response.status).toBe(204);
      expect((await server.stored(upload)).equals(content.bytes())).toBe(true);
      const calls = await server.delivered(upload);
      expect(calls.map(({ sha256 }) => sha256)).toEqual([content.sha256()]);
    }

    it('is no success of the last bytes: the client begins where it was flushed, which is said once', async () => {
      failOnce();
      const { status } = await patch(server, upload, { body: content.bytes() });
      expect(status).toBe(503);
      expect(await offsetOf(server, upload)).toBe(0);
      expect(server.linesWith(upload.id)).toEqual([
        expect.stringMatching(/disk has failed .*EIO.* last \d+ bytes do not count/),
      ]);
      await expectWhole();
    });

    it('acknowledges nothing of a request that is not the last one', async () => {
      failOnce();
      const { status } = await patch(server, upload, { body: content.bytes(0, 40 * MIB) });
      expect(status).toBe(503);
      expect(await offsetOf(server, upload)).toBe(0);
      await expectWhole();
    });

    it('counts nothing of a request whose client has left', async () => {
      failOnce();
      const connection = await RawConnection.open(server);
      const lines = ['Tus-Resumable: 1.0.0', `Content-Type: ${OCTETS}`, 'Upload-Offset: 0'];
      const length = `Content-Length: ${content.length}`;
      await connection.write(rawHead('PATCH', upload.path, [...lines, length]));
      await connection.write(content.bytes(0, 30 * MIB));
      connection.destroy();
      await eventually(async () => {
        expect((await head(server, upload)).headers['upload-offset']).toBe('0');
      });
      await expectWhole();
    });
  });
}
