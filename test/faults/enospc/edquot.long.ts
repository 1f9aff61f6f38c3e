import { eventually } from '../../support/eventually.js';
import { PLATFORMS } from '../../support/platforms.js';
import { SeededContent } from '../../support/seeded.js';
import { makeTempFolder, removeTempFolder } from '../../support/temp-folder.js';
import { create, offsetOf, patch, post } from '../../support/tus-client.js';
import { buildFaultShim, EDQUOT, EIO } from '../shim/fault-shim.js';
import type { FaultyCall } from '../shim/fault-shim.js';
import { FaultyServer } from '../shim/faulty-server.js';

const tools = await makeTempFolder();
const shim = await buildFaultShim(tools);
afterAll(() => removeTempFolder(tools));

const content = new SeededContent('quota', 200_000);
const DATA = 'uploads/.tus/data.mdb';
const WRITES: readonly FaultyCall[] = ['pwrite64', 'pwritev64'];

if (shim) {
  describe.each(PLATFORMS)('Where the quota of the system is reached, with %s', (platform) => {
    let server: FaultyServer;
    beforeAll(async () => {
      server = await FaultyServer.start(platform, shim);
    });
    afterEach(() => server.recover());
    afterAll(() => server.stop());

    it.each<[string, FaultyCall[]]>([
      ['written', ['pwrite64', 'pwritev64']],
      ['flushed', ['fdatasync']],
    ])(
      'bytes that cannot be %s are answered 507, and the upload goes on later',
      async (_, calls) => {
        const upload = await create(server, { length: content.length });
        const begun = await patch(server, upload, { body: content.bytes(0, 1000) });
        expect(begun.status).toBe(204);
        server.fail({ calls, path: upload.id, code: EDQUOT });

        const rest = await patch(server, upload, { offset: 1000, body: content.bytes(1000) });
        expect(`${rest.status} ${rest.text}`).toMatch(/^507 There is no space left/);

        server.recover();
        const offset = await offsetOf(server, upload);
        const body = content.bytes(offset);
        expect((await patch(server, upload, { offset, body })).status).toBe(204);
        expect((await server.stored(upload)).equals(content.bytes())).toBe(true);
        // What is written for a delivery would meet the next fault, and use the reserve meanwhile.
        await server.delivered(upload);
      },
    );

    it('a first byte whose file cannot be made is answered 507', async () => {
      const upload = await create(server, { length: 3 });
      server.fail({ calls: ['open64'], path: upload.id, code: EDQUOT });
      expect((await patch(server, upload, { body: 'abc' })).status).toBe(507);
      server.recover();
      expect((await patch(server, upload, { body: 'abc' })).status).toBe(204);
      await server.delivered(upload);
    });

    it('a creation that cannot be stored is answered 507, and the next one works', async () => {
      server.fail({ calls: WRITES, path: DATA, code: EDQUOT });
      expect((await post(server, { length: 1 })).status).toBe(507);
      server.recover();
      // A delivery that met the fault too may be using the reserve for a moment.
      await eventually(async () => expect((await post(server, { length: 1 })).status).toBe(201));
    });

    it('a creation that is cut short by the quota is no fault of the disk', async () => {
      server.fail(
        { calls: WRITES, path: DATA, code: EIO },
        { calls: ['open64'], path: '.tus/.probe-', code: EDQUOT },
      );
      expect((await post(server, { length: 1 })).status).toBe(507);
      server.recover();
      // A delivery that met the fault too may be using the reserve for a moment.
      await eventually(async () => expect((await post(server, { length: 1 })).status).toBe(201));
      expect(server.linesWith('The disk has failed')).toEqual([]);
    });

    it('a start fails with what is to be done', async () => {
      server.fail({ calls: ['open64'], path: 'uploads/.probe-', code: EDQUOT });
      await expect(server.restart()).rejects.toThrow(/tmpFileDir.*no quota is left.*Make room/s);
    });
  });
}
