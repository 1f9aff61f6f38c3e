import {
  create,
  head,
  makeTempFolder,
  patch,
  PLATFORMS,
  removeTempFolder,
} from '../../support/index.js';
import type { CreatedUpload, HttpResponse, HttpTarget } from '../../support/index.js';
import { KillableServer } from '../servers/killable-server.js';
import { settingsIn } from '../servers/server-settings.js';
import { buildFaultShim, setFaults, type FaultyCall } from '../shim/fault-shim.js';

/** Milliseconds that each call takes: enough for many requests to something else. */
const HANG = 1000;

/** More of them than come while such a request is on its way to the disk. */
const LET_BY = 15;

/** Requests after which that must be so: on a busy machine it takes some to blame the disk. */
const AT_MOST = 8;

/** Asks for something for which the disk is not needed, until something else is done. */
async function countOthersDuring(target: KillableServer, work: Promise<unknown>): Promise<number> {
  let isOver = false;
  let others = 0;
  const watching = work.finally(() => (isOver = true));
  while (!isOver) {
    await target.request({ path: '/control/alive' });
    if (!isOver) others += 1;
  }
  await watching;
  return others;
}

const tools = await makeTempFolder();
const env = await buildFaultShim(tools);
afterAll(() => removeTempFolder(tools));

if (env) {
  describe.each(PLATFORMS)('a disk that hangs under a server on %s', (platform) => {
    let folder: string;
    let server: KillableServer;
    beforeAll(async () => {
      setFaults(env);
      folder = await makeTempFolder();
      server = await KillableServer.start(settingsIn(folder, platform), { env });
    });
    afterEach(() => setFaults(env));
    afterAll(async () => {
      await server.kill();
      await removeTempFolder(folder);
    });

    type Ask = (target: HttpTarget, upload: CreatedUpload, offset: number) => Promise<HttpResponse>;
    const ask: Ask = (target, upload) => head(target, upload);
    const send: Ask = (target, upload, offset) => patch(target, upload, { offset, body: '.' });

    it.each<[string, FaultyCall, string | undefined, Ask]>([
      ['looking at a file', 'stat', undefined, ask],
      ['looking at what stands for the folder', 'stat', 'data.mdb', ask],
      ['opening a file', 'open64', undefined, send],
      ['closing a file', 'close', undefined, send],
    ])('in %s soon holds up nothing else', async (_, call, text, request) => {
      const upload = await create(server, { length: 100, body: '.' });
      setFaults(env, { calls: [call], path: text ?? upload.id, code: -HANG });

      let others = 0;
      for (let offset = 1; offset <= AT_MOST && others <= LET_BY; offset++) {
        const asking = request(server, upload, offset);
        others = await countOthersDuring(server, asking);
        expect((await asking).status).toBeLessThan(300);
      }

      expect(others).toBeGreaterThan(LET_BY);
    });
  });
}
