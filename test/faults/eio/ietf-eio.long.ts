import {
  append,
  appendHeaders,
  linesOf,
  standingOf,
  stateHeaders,
  uploadAt,
} from '../../support/ietf-client.js';
import { RawConnection, rawHead } from '../../support/raw-http.js';
import { PLATFORMS } from '../../support/platforms.js';
import { SeededContent } from '../../support/seeded.js';
import { makeTempFolder, removeTempFolder } from '../../support/temp-folder.js';
import { buildFaultShim } from '../shim/fault-shim.js';
import { FaultyServer } from '../shim/faulty-server.js';

const tools = await makeTempFolder();
const shim = await buildFaultShim(tools);
afterAll(() => removeTempFolder(tools));

const SIZE = 3_000_000;
const content = new SeededContent('ietf-eio', SIZE);

if (shim) {
  describe.each(PLATFORMS)('An upload of the IETF on a disk that fails, with %s', (platform) => {
    let server: FaultyServer;

    beforeAll(async () => {
      server = await FaultyServer.start(platform, shim, {
        protocols: ['tus', 'ietf'],
        hash: 'sha256',
      });
    });
    afterEach(() => server.recover());
    afterAll(() => server.stop());

    /** Goes on where HEAD says, to the end, and looks at what came of it. */
    async function finish(upload: { readonly id: string; readonly path: string }): Promise<void> {
      const [told] = await standingOf(server, upload);
      const offset = Number(told);
      const response = await append(server, upload, { offset, body: content.bytes(offset) });

      expect(response.headers['upload-complete']).toBe('?1');
      expect((await server.stored(upload)).equals(content.bytes())).toBe(true);
      const calls = await server.delivered(upload);
      expect(calls.map(({ sha256 }) => sha256)).toEqual([content.sha256()]);
    }

    it('loses its connection without an answer, by which clients know that it goes on', async () => {
      const connection = await RawConnection.open(server);
      const lines = [...linesOf(stateHeaders()), `Content-Length: ${SIZE}`];
      await connection.write(rawHead('POST', '/files', lines));
      const upload = uploadAt((await connection.interim()).header('Location'));
      server.fail({ calls: ['pwrite64', 'pwritev64'], path: upload.id, times: 1 });

      await connection.write(content.bytes());
      const answer = await connection.responseOrClose();
      await connection.closed;

      expect(answer?.status).toBeUndefined();
      expect(server.linesWith(upload.id)).toEqual([expect.stringContaining('EIO')]);
      server.recover();
      await finish(upload);
    });

    it('loses that of an append too', async () => {
      const connection = await RawConnection.open(server);
      const lines = [...linesOf(stateHeaders({ complete: false })), 'Content-Length: 0'];
      await connection.write(rawHead('POST', '/files', lines));
      const upload = uploadAt((await connection.response()).header('Location'));
      server.fail({ calls: ['pwrite64', 'pwritev64'], path: upload.id, times: 1 });

      const rest = [...linesOf(appendHeaders()), `Content-Length: ${SIZE}`];
      await connection.write(rawHead('PATCH', upload.path, rest));
      await connection.write(content.bytes());
      const answer = await connection.responseOrClose();
      await connection.closed;

      expect(answer?.status).toBeUndefined();
      server.recover();
      await finish(upload);
    });
  });
}
