import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PLATFORMS, makeTempFolder, removeTempFolder, uploadWhole } from '../../support/index.js';
import { askHealth } from '../../support/health-app.js';
import { ServerProcess } from '../../support/server-process.js';
import { buildFaultShim, setFaults } from '../shim/fault-shim.js';

/** Milliseconds: longer than any test may take. */
const HANG = 600_000;

const script = fileURLToPath(new URL('health-server.js', import.meta.url));
const tools = await makeTempFolder();
const env = await buildFaultShim(tools);
afterAll(() => removeTempFolder(tools));

if (env) {
  describe.each(PLATFORMS)('The health of a server on %s', (platform) => {
    let folder: string;
    let server: ServerProcess;
    beforeAll(async () => {
      setFaults(env);
      folder = await makeTempFolder();
      const parameters = [platform, join(folder, 'uploads')];
      server = await ServerProcess.startScript(script, parameters, { env });
    });
    afterAll(async () => {
      await server.kill();
      await removeTempFolder(folder);
    });

    it('is bad within the limit on a disk that hangs, and asking often holds up nothing else', async () => {
      expect((await askHealth(server)).status).toBe(200);
      setFaults(env, { calls: ['open64'], path: '.probe-', code: -HANG });

      // More than there are threads, each of which a call that hangs would take.
      for (let time = 0; time < 12; time++) {
        expect((await askHealth(server)).uploads).toMatchObject({
          status: 'down',
          message: expect.stringContaining(
            'The storage takes no uploads: no answer within 100 ms.',
          ),
        });
      }
      // Creating its file takes a thread.
      await uploadWhole(server, 'hello');
    });
  });
}
