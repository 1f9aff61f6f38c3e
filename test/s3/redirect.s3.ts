import { s3 } from '../../lib/storage/s3/index.js';
import { PLATFORMS, create, patch, startApp } from '../support/index.js';
import type { TestApp } from '../support/index.js';
import { storeConfig, TestBucket } from '../support/s3/store.js';

describe.each(PLATFORMS)('downloads that are sent to the bucket on %s', (platform) => {
  let bucket: TestBucket;
  let app: TestApp;
  beforeAll(async () => {
    bucket = new TestBucket();
    await bucket.make();
    app = await startApp({
      platform,
      tus: {
        storage: s3({ client: storeConfig(), bucket: bucket.name, prefix: 'in/' }),
        owner: (request) => (request as { headers: Record<string, string> }).headers['x-user'],
        download: {
          redirect: '5m',
          disposition: ({ metadata }) => metadata['as'] as 'inline' | undefined,
        },
      },
    });
  });
  afterAll(async () => {
    await app.close();
    await bucket.remove();
  });
  const finish = async (metadata: Record<string, string> = {}, body = 'hello') => {
    const headers = { 'X-User': 'ada' };
    const upload = await create(app, { length: body.length, body, metadata, headers });
    await app.finished.of(upload.id);
    return upload;
  };
  const ask = (path: string, method = 'GET', user = 'ada') =>
    app.request({ method, path, headers: { 'X-User': user } });

  it.each([
    [{ filename: 'naïve plan – α.png', filetype: 'image/png' }, 'inline', 'image/png'],
    [{ filename: 'a.html', filetype: 'text/html' }, 'attachment', 'application/octet-stream'],
    [{ filename: 'a.png', filetype: 'image/png', as: 'attachment' }, 'attachment', 'image/png'],
    [{}, 'attachment', 'application/octet-stream'],
  ])('have the name and type of direct ones: %j', async (metadata, disposition, type) => {
    const { path } = await finish(metadata as Record<string, string>);
    const answer = await ask(path);
    const direct = await ask(path, 'HEAD');
    expect([answer.status, answer.headers['cache-control']]).toEqual([302, 'no-store']);

    const fetched = await fetch(answer.headers['location']!);
    expect([fetched.status, await fetched.text()]).toEqual([200, 'hello']);
    for (const name of ['Content-Type', 'Content-Disposition', 'Cache-Control']) {
      expect(fetched.headers.get(name)).toBe(direct.headers[name.toLowerCase()]);
    }
    expect(fetched.headers.get('Content-Type')).toBe(type);
    expect(fetched.headers.get('Content-Disposition')).toMatch(new RegExp(`^${disposition}`));
  });

  it('live as long as told, come in ranges, and are for GET only', async () => {
    const { path } = await finish();
    const url = new URL((await ask(path)).headers['location']!);
    expect(url.searchParams.get('X-Amz-Expires')).toBe('300');
    expect(url.pathname).toContain(`/${bucket.name}/in/`);
    const part = await fetch(url, { headers: { Range: 'bytes=1-3' } });
    expect([part.status, await part.text()]).toEqual([206, 'ell']);
    expect((await fetch(url, { method: 'DELETE' })).status).toBe(403);

    url.searchParams.set('X-Amz-Expires', '301');
    expect((await fetch(url)).status).toBe(403);
  });

  it('are of the file where it was moved to', async () => {
    const { id, path } = await finish();
    await app.tus.moveTo(id, `elsewhere/${id}`);
    const fetched = await fetch((await ask(path)).headers['location']!);
    expect(fetched.url).toContain(`elsewhere/${id}`);
    expect(await fetched.text()).toBe('hello');
  });

  it('are sent by the app where they are to be seen in a sandbox', async () => {
    const { path } = await finish({ filetype: 'text/html', as: 'inline' }, '<b>hi</b>');
    const answer = await ask(path);
    expect([answer.status, answer.text]).toEqual([200, '<b>hi</b>']);
    expect(answer.headers['content-security-policy']).toContain('sandbox');
  });

  it('are for their owner, of what is finished and there', async () => {
    const { id, path } = await finish();
    expect((await ask(path, 'GET', 'ben')).status).toBe(404);
    await app.tus.cleanupFile(id);
    expect((await ask(path)).status).toBe(404);

    const unfinished = await create(app, { length: 5, headers: { 'X-User': 'ada' } });
    await patch(app, unfinished, { body: 'he', headers: { 'X-User': 'ada' } });
    const refused = await ask(unfinished.path);
    expect([refused.status, refused.headers['location']]).toEqual([404, undefined]);
  });

  it('answer HEAD as direct ones do', async () => {
    const { path } = await finish({ filename: 'a.txt' });
    const answer = await ask(path, 'HEAD');
    expect([answer.status, answer.headers['content-length']]).toEqual([200, '5']);
    expect(answer.headers['location']).toBeUndefined();
  });
});
