import { stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  create,
  eventually,
  listFiles,
  offsetOf,
  PLATFORMS,
  rawHead,
  removeTempFolder,
  startApp,
} from '../support/index.js';
import type { CreatedUpload, RawConnection, TestApp } from '../support/index.js';

/** Bytes of each part, which are holes: it takes a while to copy them, and none to make them. */
const LENGTH = 384 * 1024 * 1024;

const MB = 1024 * 1024;

/** A concatenation that is being made. */
interface Running {
  readonly app: TestApp;
  readonly parts: readonly CreatedUpload[];
  readonly connection: RawConnection;
  readonly final: string;
}

/** A part that has come whole. */
async function part(app: TestApp): Promise<CreatedUpload> {
  const upload = await create(app, { length: LENGTH, headers: { 'Upload-Concat': 'partial' } });
  const path = join(app.tmpFileDir, upload.id);
  await writeFile(path, '');
  await truncate(path, LENGTH);
  expect(await offsetOf(app, upload)).toBe(LENGTH);
  return upload;
}

/** Has parts concatenated, and waits until bytes of them are copied. */
async function begin(app: TestApp): Promise<Running> {
  const parts = [await part(app), await part(app)];
  const connection = await app.connect();
  const concat = `Upload-Concat: final;${parts.map(({ path }) => path).join(' ')}`;
  await connection.write(
    rawHead('POST', '/files', ['Tus-Resumable: 1.0.0', concat, 'Content-Length: 0']),
  );
  const final = await eventually(async () => {
    const { items } = await app.tus.list({ state: 'receiving' });
    expect(items).toHaveLength(1);
    const [{ id } = { id: '' }] = items;
    expect((await stat(join(app.tmpFileDir, id))).size).toBeGreaterThan(MB);
    return id;
  });
  return { app, parts, connection, final };
}

/** Nothing is left of the final upload, and all of its parts. */
async function expectUndone(app: TestApp, { parts, final }: Running): Promise<void> {
  expect((await app.tus.find(final))?.state).toBe('terminated');
  const files = await listFiles(app.tmpFileDir);
  expect(files.filter((name) => !name.startsWith('.'))).toEqual(parts.map(({ id }) => id).sort());
  for (const { id } of parts) expect(await app.tus.find(id)).toMatchObject({ state: 'finished' });
  expect(app.logs.errors()).toEqual([]);
}

describe.each(PLATFORMS)('A running concatenation on %s', (platform) => {
  it('is ended when the app ends', async () => {
    const app = await startApp({ platform });
    const running = await begin(app);

    const [answer] = await Promise.all([running.connection.responseOrClose(), app.nest.close()]);

    expect(answer?.status ?? 503).toBe(503);
    const next = await startApp({ platform, tmpFileDir: app.tmpFileDir });
    await expectUndone(next, running);
    await next.close();
    await removeTempFolder(app.folder!);
  });

  it('is ended when its client leaves', async () => {
    const app = await startApp({ platform });
    const running = await begin(app);

    running.connection.destroy();

    await eventually(() => expectUndone(app, running));
    await app.close();
  });

  it('is ended when the app terminates it', async () => {
    const app = await startApp({ platform });
    const running = await begin(app);

    const [answer] = await Promise.all([
      running.connection.response(),
      app.tus.terminate(running.final),
    ]);

    expect(answer.status).toBe(423);
    await expectUndone(app, running);
    await app.close();
  });
});
