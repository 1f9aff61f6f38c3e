import { once } from 'node:events';
import { connect } from 'node:net';
import { create, head, PLATFORMS, TUS, useApp, type TestApp } from '../support/index.js';

const MIB = 1024 * 1024;

describe.each(PLATFORMS)('A refused request on %s', (platform) => {
  const app = useApp({ platform });

  it('tells a client that is still sending why, however late it reads, and then closes', async () => {
    const upload = await create(app(), { length: 200 * MIB });

    const { answer, sent } = await sendAtWrongOffset(app(), upload.path);

    expect(answer).toMatch(/^HTTP\/1\.1 409 /);
    expect(answer).toMatch(/^connection: close\r$/im);
    expect(sent).toBeLessThan(64 * MIB);
    expect((await head(app(), upload)).headers['upload-offset']).toBe('0');
  });
});

/** Sends up to 200 MiB, reads only once the sending has come to a halt, and waits for the close. */
async function sendAtWrongOffset(app: TestApp, path: string) {
  const socket = connect({ port: app.port, host: app.host, noDelay: true });
  socket.on('error', () => undefined);
  let answer = '';
  socket.on('data', (data) => (answer += data.toString('latin1')));
  socket.pause();
  socket.write(requestHead(path));

  const closed = new Promise((resolve) => socket.once('close', resolve));
  const sent = await sendUntilStalled(socket, 200 * MIB);
  socket.resume();
  await closed;
  return { answer, sent };
}

function requestHead(path: string): string {
  const headers = {
    ...TUS,
    Host: 'localhost',
    'Upload-Offset': '5',
    'Content-Type': 'application/offset+octet-stream',
    'Content-Length': String(200 * MIB),
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `PATCH ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

/** Sends until everything is out, or the server has taken nothing for a while. */
async function sendUntilStalled(
  socket: ReturnType<typeof connect>,
  total: number,
): Promise<number> {
  const block = Buffer.alloc(256 * 1024);
  let sent = 0;
  while (sent < total && socket.writable) {
    sent += block.length;
    if (socket.write(block)) continue;
    const stalled = AbortSignal.timeout(200);
    const drained = await once(socket, 'drain', { signal: stalled }).catch(() => undefined);
    if (!drained) break;
  }
  return sent;
}
