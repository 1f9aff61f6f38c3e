import {
  OCTETS,
  PLATFORMS,
  create,
  eventually,
  expectRefused,
  head,
  offsetOf,
  patch,
  post,
  rawHead,
  startApp,
  terminate,
  uploadWhole,
  useApp,
} from '../support/index.js';
import type { HttpResponse, RawResponse, TestApp } from '../support/index.js';
import { beginAppend, beginPatch, ENDLESS } from '../support/running-append.js';
import type { Appending } from '../support/running-append.js';

const MB = 1024 * 1024;

function expectCrowded(response: HttpResponse | RawResponse): void {
  expectRefused(response, 503);
  expect(Number(response.all('Retry-After')[0])).toBeGreaterThan(0);
}

describe.each(PLATFORMS)('maxAppends on %s', (platform) => {
  const app = useApp({
    platform,
    tus: { maxAppends: 2 },
  });
  let running: Appending[];

  beforeEach(async () => {
    running = [await beginAppend(app()), await beginAppend(app())];
  });
  afterEach(() => running.forEach(({ connection }) => connection.destroy()));

  /** A slot is free again soon after what held it has ended. */
  async function expectFree(target: TestApp): Promise<void> {
    const upload = await create(target, { length: 5 });
    await eventually(async () =>
      expect((await patch(target, upload, { body: 'hello' })).status).toBe(204),
    );
  }

  it('refuses one more PATCH before its body is read, and changes nothing', async () => {
    const upload = await create(app(), { length: 5 });

    const response = await patch(app(), upload, { body: 'hello' });

    expectCrowded(response);
    expect(response.headers['connection']).toBe('close');
    expect(await offsetOf(app(), upload)).toBe(0);
  });

  it('lets a client that goes on sending read that it was refused', async () => {
    const upload = await create(app(), { length: ENDLESS });
    const connection = await beginPatch(app(), upload);
    await connection.write(Buffer.alloc(ENDLESS / 2));
    await connection.write(Buffer.alloc(ENDLESS / 4));

    expectCrowded(await connection.response());
    expect(await offsetOf(app(), upload)).toBe(0);
  });

  it('does not ask a client for its body that waits to be asked', async () => {
    const upload = await create(app(), { length: 5 });
    const connection = await app().connect();
    const lines = ['Tus-Resumable: 1.0.0', `Content-Type: ${OCTETS}`, 'Upload-Offset: 0'];
    await connection.write(
      rawHead('PATCH', upload.path, [...lines, 'Content-Length: 5', 'Expect: 100-continue']),
    );

    const response = await connection.response();

    expectCrowded(response);
    expect(response.interim).toEqual([]);
  });

  it('refuses a creation that brings bytes, and creates nothing', async () => {
    const before = (await app().tus.list({ limit: 1000 })).items.length;

    expectCrowded(await post(app(), { length: 5, body: 'hello' }));

    expect((await app().tus.list({ limit: 1000 })).items).toHaveLength(before);
  });

  it('does not refuse requests that bring no bytes', async () => {
    const upload = await create(app(), { length: 5 });

    expect((await head(app(), upload)).status).toBe(200);
    expect((await patch(app(), upload)).status).toBe(204);
    expect((await terminate(app(), upload)).status).toBe(204);
  });

  it('tells the client of an unknown upload that there is none', async () => {
    const unknown = { path: `/files/${'0'.repeat(32)}` };

    expectRefused(await patch(app(), unknown, { body: 'hello' }), 404);
  });

  it('lets a newer request take a running append over', async () => {
    const [{ upload }] = running as [Appending, Appending];

    const response = await patch(app(), upload, { offset: 1, body: 'y' });

    expect(response.status).toBe(204);
    expect(await offsetOf(app(), upload)).toBe(2);
  });

  it.each<[string, (app: TestApp, appending: Appending) => Promise<unknown> | void]>([
    ['was lost', (_, { connection }) => connection.destroy()],
    ['was taken over by a HEAD', (target, { upload }) => offsetOf(target, upload)],
    ['was terminated', (target, { upload }) => terminate(target, upload)],
    ['is whole', (_, { connection }) => connection.write(Buffer.alloc(ENDLESS - 1, 'x'))],
  ])('takes one more once an append %s', async (_, end) => {
    await end(app(), running[0]!);

    await expectFree(app());
  });

  it.each<[string, (app: TestApp) => Promise<HttpResponse>, number]>([
    [
      'at the wrong offset',
      async (target) =>
        patch(target, await create(target, { length: 9 }), { offset: 1, body: 'x' }),
      409,
    ],
    [
      'with bytes too many',
      async (target) => patch(target, await create(target, { length: 1 }), { body: ['x', 'y'] }),
      413,
    ],
    [
      'with a wrong checksum',
      async (target) =>
        patch(target, await create(target, { length: 1 }), {
          body: 'x',
          headers: { 'Upload-Checksum': 'md5 AAAAAAAAAAAAAAAAAAAAAA==' },
        }),
      460,
    ],
  ])('counts none that was refused %s', async (_, send, status) => {
    running[0]!.connection.destroy();
    await expectFree(app());

    for (let time = 0; time < 3; time++) expect((await send(app())).status).toBe(status);

    await expectFree(app());
  });
});

describe.each(PLATFORMS)('Without maxAppends on %s', (platform) => {
  it('any number of appends run at the same time', async () => {
    const app = await startApp({ platform });
    const running = await Promise.all(Array.from({ length: 50 }, () => beginAppend(app)));

    await uploadWhole(app, 'x'.repeat(MB));

    for (const { upload } of running) expect((await app.tus.find(upload.id))?.offset).toBe(1);
    await app.close();
  });
});
