import { PLATFORMS, eventually, offsetOf, useApp } from '../support/index.js';
import { beginAppend, ENDLESS } from '../support/running-append.js';

describe.each(PLATFORMS)('minRate on %s', (platform) => {
  // One write of the fast client is enough for a while in which a busy machine runs nothing else.
  const app = useApp({ platform, tus: { minRate: '8KB', idleTimeout: 2 } });

  it('ends a client that is too slow, and keeps what it sent', async () => {
    const { upload, connection } = await beginAppend(app());
    let sent = 1;
    const trickle = setInterval(() => void connection.write('x').then(() => (sent += 1)), 100);

    const response = await connection.responseOrClose();
    clearInterval(trickle);
    await connection.closed;

    expect(response).toBeUndefined();
    const offset = await offsetOf(app(), upload);
    expect(offset).toBeGreaterThan(1);
    expect(offset).toBeLessThanOrEqual(sent + 1);
  });

  it('leaves a client alone that is fast enough', async () => {
    const { upload, connection } = await beginAppend(app());
    let sent = 1;
    const flow = setInterval(() => {
      const bytes = Math.min(ENDLESS / 32, ENDLESS - sent);
      sent += bytes;
      void connection.write(Buffer.alloc(bytes, 'x'));
    }, 100);

    const response = await connection.response();
    clearInterval(flow);

    expect(response.status).toBe(204);
    await eventually(async () => expect((await app().tus.find(upload.id))?.state).toBe('finished'));
  });
});
