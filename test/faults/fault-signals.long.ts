import { truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { create, makeTempFolder, offsetOf, removeTempFolder } from '../support/index.js';
import { ServerProcess } from '../support/server-process.js';

const SERVER = fileURLToPath(new URL('./servers/stoppable-server.js', import.meta.url));

describe('a process with enableShutdownHooks() for all signals', () => {
  let folder: string;
  let server: ServerProcess;
  const start = async (...more: string[]) => {
    server = await ServerProcess.startScript(SERVER, ['express', join(folder, 'uploads'), ...more]);
  };
  beforeEach(async () => {
    folder = await makeTempFolder();
  });
  afterEach(async () => {
    await server.kill();
    await removeTempFolder(folder);
  });

  it.each([
    ['SIGSEGV', 'early'],
    ['SIGBUS', 'late'],
    ['SIGILL', 'late'],
  ] as const)('is ended by %s (hooks set %s), and says what it did', async (signal, when) => {
    await start(when);
    expect(await server.end(signal)).toBe(signal);
    expect(server.errorOutput).toMatch(new RegExp(`Listeners to [^:]*${signal}[^:]* were removed`));
    expect(server.errorOutput).not.toMatch(/Listeners to [^:]*SIGTERM/);
  });

  it('is ended by a fault of its own, and does not repeat it for ever', async () => {
    await start('early');
    const upload = await create(server);
    await truncate(join(folder, 'uploads', '.tus', 'data.mdb'), 0);
    await expect(offsetOf(server, upload)).rejects.toThrow();
    expect(await server.ended()).toBe('SIGBUS');
  });
});
