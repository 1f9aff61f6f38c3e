import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import {
  connectionsOf,
  create,
  eventually,
  patch,
  PLATFORMS,
  startApp,
  type TestApp,
} from '../support/index.js';

/** More than the buffers between a server and a client that does not read take. */
const BIG = Buffer.alloc(48 * 1024 * 1024);

describe.each(PLATFORMS)('A download whose client stops reading, on %s', (platform) => {
  it('is ended after the idle timeout', async () => {
    const app = await startApp({ platform, tus: { download: true, idleTimeout: 0.3 } });

    const { closed } = await stallDownload(app);

    await closed;
    await app.close();
  });

  it('does not hold up the shutdown', async () => {
    const app = await startApp({ platform, tus: { download: true } });
    const { closed } = await stallDownload(app);

    await app.close();

    await closed;
  });
});

/** Asks for a big file, reads the first of it, and then nothing more. */
async function stallDownload(app: TestApp): Promise<{ closed: Promise<void> }> {
  const upload = await create(app, { length: BIG.length });
  await patch(app, upload, { body: BIG });
  const socket = connect({ host: app.host, port: app.port });
  socket.on('error', () => undefined);
  socket.write(`GET ${upload.path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  const [first] = (await once(socket, 'data')) as [Buffer];
  socket.pause();
  expect(first.toString('latin1')).toMatch(/^HTTP\/1\.1 200 /);
  return { closed: closeOf(socket, app) };
}

/** Resolves once the server has let go; a socket that does not read does not see it by itself. */
async function closeOf(socket: Socket, app: TestApp): Promise<void> {
  await eventually(async () => expect(await connectionsOf(app)).toBe(0));
  socket.destroy();
}
