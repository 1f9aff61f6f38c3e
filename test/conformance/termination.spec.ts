import { Injectable } from '@nestjs/common';
import { OnUploadFinished } from '../../lib/index.js';
import {
  heldNames,
  OCTETS,
  PLATFORMS,
  create,
  eventually,
  expectHeadRefused,
  expectRefused,
  head,
  listOf,
  offsetOf,
  patch,
  rawHead,
  startApp,
  storedBytes,
  terminate,
  uploadWhole,
  useApp,
} from '../support/index.js';

/** Keeps the upload it is told of in hand until it is released. */
@Injectable()
class HoldingHandler {
  readonly entered: Promise<void>;
  release!: () => void;

  private enter!: () => void;
  private readonly released = new Promise<void>((resolve) => (this.release = resolve));

  constructor() {
    this.entered = new Promise((resolve) => (this.enter = resolve));
  }

  @OnUploadFinished()
  async hold(): Promise<void> {
    this.enter();
    await this.released;
  }
}

describe.each(PLATFORMS)('termination on %s', (platform) => {
  const app = useApp({ platform });

  it.each([
    ['that has no bytes', () => create(app(), { length: 5 })],
    ['that has some', () => create(app(), { length: 10, body: 'hello' })],
    ['whose length is deferred', () => create(app(), { body: 'hello' })],
  ])('T100a: DELETE of an upload %s is 204, and frees its bytes', async (_name, make) => {
    const upload = await make();

    const response = await terminate(app(), upload);

    expect(response.status).toBe(204);
    expect(response.body).toHaveLength(0);
    await eventually(async () => expect(await heldNames(app())).not.toContain(upload.id));
  });

  it('T100a: DELETE of a finished upload is 204 once its handlers are through', async () => {
    const upload = await uploadWhole(app(), 'hello');
    await app().finished.of(upload.id);

    const response = await eventually(async () => {
      const answer = await terminate(app(), upload);
      expect(answer.status).toBe(204);
      return answer;
    });

    expect(response.body).toHaveLength(0);
    expect(await heldNames(app())).not.toContain(upload.id);
  });

  it('T100a: while a handler has the finished upload, DELETE is 423 with Retry-After', async () => {
    const held = await startApp({ platform, providers: [HoldingHandler] });
    const handler = held.nest.get(HoldingHandler);
    const upload = await uploadWhole(held, 'hello');
    await handler.entered;

    const busy = await terminate(held, upload);
    const bytes = await storedBytes(held, upload);
    handler.release();
    await eventually(async () => expect((await terminate(held, upload)).status).toBe(204));
    await held.close();

    expectRefused(busy, 423);
    expect(busy.headers['retry-after']).toMatch(/^\d+$/);
    expect(bytes).toEqual(Buffer.from('hello'));
  });

  it('T100b: a terminated upload is 410 for HEAD, PATCH and DELETE', async () => {
    const upload = await create(app(), { length: 10, body: 'hello' });
    await terminate(app(), upload);

    expectHeadRefused(await head(app(), upload), 410);
    expectRefused(await patch(app(), upload, { offset: 5, body: 'world' }), 410);
    expectRefused(await terminate(app(), upload), 410);
    expect(await storedBytes(app(), upload)).toHaveLength(0);
  });

  it.each(['0'.repeat(32), 'abc', '..%2f..%2fx', '.tus', '%2e%2e'])(
    'T100c: DELETE of the unknown upload %s is 404',
    async (id) => {
      expectRefused(await terminate(app(), { path: `/files/${id}` }), 404);
    },
  );

  it('T100e: DELETE ends a running PATCH; nothing comes back, nothing is delivered', async () => {
    const upload = await create(app(), { length: 10 });
    const running = await app().connect();
    const lines = ['Tus-Resumable: 1.0.0', `Content-Type: ${OCTETS}`, 'Upload-Offset: 0'];
    await running.write(rawHead('PATCH', upload.path, [...lines, 'Content-Length: 10']) + 'hello');
    await eventually(async () => expect(await storedBytes(app(), upload)).toHaveLength(5));

    const response = await terminate(app(), upload);
    await running.write('world');
    const ended = await running.responseOrClose();
    await running.closed;

    expect(response.status).toBe(204);
    expect(String(ended?.status ?? 400)).toMatch(/^4\d\d$/);
    expectHeadRefused(await head(app(), upload), 410);
    expect(await heldNames(app())).not.toContain(upload.id);
    await app().finished.of((await uploadWhole(app(), 'barrier')).id);
    expect(app().finished.countOf(upload.id)).toBe(0);
  });

  it('T100e: DELETEs that race with each other and with a PATCH leave nothing', async () => {
    for (let round = 0; round < 5; round++) {
      const upload = await create(app(), { length: 10_000 });

      const [, ...deleted] = await Promise.all([
        patch(app(), upload, { body: 'x'.repeat(9000) }).catch(() => undefined),
        terminate(app(), upload),
        terminate(app(), upload),
      ]);

      expect(deleted.map(({ status }) => status).sort()).toEqual([204, 410]);
      await eventually(async () => expect(await heldNames(app())).not.toContain(upload.id));
    }
  });
});

describe.each(PLATFORMS)('termination that is off, on %s', (platform) => {
  const app = useApp({ platform, tus: { extensions: ['creation', 'creation-with-upload'] } });

  it('T100d: DELETE is 405, Allow does not name it, and the upload stays', async () => {
    const upload = await create(app(), { length: 10, body: 'hello' });

    const response = await terminate(app(), upload);

    expectRefused(response, 405);
    expect(listOf(response.headers.allow)).toContain('PATCH');
    expect(listOf(response.headers.allow)).not.toContain('DELETE');
    expect(await offsetOf(app(), upload)).toBe(5);
  });
});
