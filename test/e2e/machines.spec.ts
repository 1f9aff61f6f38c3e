import { mkdir, rename, rmdir } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import pg from 'pg';
import { postgres } from '../../lib/backends/postgres/index.js';
import { useTestSchema } from '../support/postgres/test-database.js';
import { beginPatch, ENDLESS } from '../support/running-append.js';
import {
  create,
  eventually,
  head,
  makeTempFolder,
  offsetOf,
  patch,
  PLATFORMS,
  removeTempFolder,
  startApp,
  storedBytes,
  terminate,
} from '../support/index.js';
import type { CreatedUpload, TestApp, TusOptions } from '../support/index.js';

describe.each(PLATFORMS)('Two apps that share a database and a folder (%s)', (platform) => {
  const schema = useTestSchema();
  let folder: string;
  let one: TestApp;
  let other: TestApp;

  const start = (tus: TusOptions = {}) =>
    startApp({
      platform,
      tmpFileDir: folder,
      tus: { registry: postgres({ ...schema().options, max: 4 }), ...tus },
    });

  beforeAll(async () => {
    folder = await makeTempFolder();
    one = await start();
    other = await start();
  });

  afterAll(async () => {
    await one.close();
    await other.close();
    await removeTempFolder(folder);
  });

  /** Begins a PATCH of an endless upload, and waits until its first byte is stored. */
  async function begin(upload: CreatedUpload) {
    const connection = await beginPatch(one, upload);
    await connection.write('x');
    await eventually(async () => expect(await storedBytes(one, upload)).toHaveLength(1));
    return connection;
  }

  it('take uploads from each other in the middle of a PATCH, and lose no byte', async () => {
    const upload = await create(one, { length: ENDLESS });
    const running = await begin(upload);

    expect(await offsetOf(other, upload)).toBe(1);
    expect((await running.response()).status).toBe(423);

    const rest = 'y'.repeat(ENDLESS - 1);
    expect((await patch(other, upload, { offset: 1, body: rest })).status).toBe(204);
    expect((await storedBytes(one, upload)).toString()).toBe(`x${rest}`);
    expect(await offsetOf(one, upload)).toBe(ENDLESS);
  });

  it('make uploads without bytes while no lease can be written', async () => {
    const locked = await schema().begin('LOCK TABLE tus.leases IN SHARE MODE');
    try {
      const upload = await create(one, { length: 1 });
      expect(await offsetOf(other, upload)).toBe(0);
    } finally {
      await locked.end();
    }
  });

  it('take small uploads whole while no lease can be written', async () => {
    const locked = await schema().begin('LOCK TABLE tus.leases IN SHARE MODE');
    try {
      const upload = await create(one, { length: 5, body: 'hello' });
      expect((await other.tus.find(upload.id))?.state).toBe('finished');
      expect((await storedBytes(other, upload)).toString()).toBe('hello');
    } finally {
      await locked.end();
    }
  });

  it('go on by turns with each chunk, and deliver once', async () => {
    const upload = await create(one, { length: 20 });
    for (let offset = 0; offset < 20; offset++) {
      const [target, next] = offset % 2 ? [one, other] : [other, one];
      const sent = await patch(target, upload, { offset, body: String(offset % 10) });
      expect(sent.headers['upload-offset']).toBe(String(offset + 1));
      expect(await offsetOf(next, upload)).toBe(offset + 1);
    }

    expect(await text(await one.tus.createReadStream(upload.id))).toBe('01234567890123456789');
    await eventually(async () => expect((await one.tus.deliveries()).items).toEqual([]));
    expect(one.finished.countOf(upload.id) + other.finished.countOf(upload.id)).toBe(1);
  });

  it('tell each other what happens to uploads', async () => {
    const seen: string[] = [];
    const watching = other.tus.events$.subscribe(({ type, upload: { id } }) => {
      seen.push(`${type} ${id}`);
    });
    await eventually(async () => {
      await create(one, { length: 1 });
      expect(seen).not.toEqual([]);
    });
    const metadata = { filename: 'ä'.repeat(2800) };
    const upload = await create(one, { length: 5, metadata, body: 'hello' });
    await eventually(() => expect(seen).toContain(`finished ${upload.id}`));
    const gone = await create(one, { length: 5 });
    await terminate(one, gone);
    await eventually(() => expect(seen).toContain(`terminated ${gone.id}`));

    const types = seen.filter((line) => line.endsWith(upload.id)).map((line) => line.split(' ')[0]);
    expect(types.filter((type) => type !== 'progress')).toEqual(['created', 'finished']);
    watching.unsubscribe();
  });

  it('answer for an upload that is gone the same', async () => {
    const upload = await create(one, { length: 5 });
    expect((await terminate(other, upload)).status).toBe(204);
    expect((await head(one, upload)).status).toBe(410);
    expect((await head(other, upload)).status).toBe(410);
  });

  it('ask the database three times where an upload stands that none of them has', async () => {
    const upload = await create(one, { length: 5, body: 'a' });
    await eventually(async () => {
      expect((await schema().query('SELECT key FROM tus.leases')).rows).toEqual([]);
    });
    const query = jest.spyOn(pg.Client.prototype, 'query');
    expect(await offsetOf(other, upload)).toBe(1);
    const asked = query.mock.calls.filter((call) => JSON.stringify(call).includes(upload.id));
    query.mockRestore();
    expect(asked).toHaveLength(3);
  });

  it('leave no lease behind', async () => {
    const uploads = await Promise.all(
      Array.from({ length: 20 }, () => create(one, { length: 2, body: 'a' })),
    );
    await Promise.all(uploads.map((upload) => patch(other, upload, { offset: 1, body: 'b' })));

    await eventually(async () => {
      expect((await schema().query('SELECT key FROM tus.leases')).rows).toEqual([]);
    });
  });

  it('go on after the connections of one have ended, and lose what it had', async () => {
    const upload = await create(one, { length: ENDLESS });
    const running = await begin(upload);

    const { rows } = await schema().query(
      `SELECT pg_terminate_backend(backend) FROM tus.members
       WHERE member = (SELECT holder FROM tus.leases WHERE key = $1)`,
      [upload.id],
    );
    expect(rows).toHaveLength(1);
    expect(await running.responseOrClose()).toBeUndefined();

    expect(await offsetOf(other, upload)).toBe(1);
    await eventually(async () =>
      expect((await patch(one, upload, { offset: 1, body: 'y' })).status).toBe(204),
    );
    expect((await patch(other, upload, { offset: 2, body: 'z' })).status).toBe(204);
    expect((await storedBytes(one, upload)).toString()).toBe('xyz');
    expect(one.logs.of('warn').join()).toMatch(/has ended by which this process shares.*1 upload /);
    expect(one.logs.of('log').join()).toContain('shares uploads with the others again');
  });

  it('tell a client to come back while the folder is not there', async () => {
    const upload = await create(one, { length: 5, body: 'a' });
    await rename(folder, `${folder}-away`);
    await mkdir(folder);
    const sent = await patch(other, upload, { offset: 1, body: 'b' });
    await rmdir(folder);
    await rename(`${folder}-away`, folder);

    expect(sent.status).toBe(503);
    await eventually(async () => {
      expect((await patch(other, upload, { offset: 1, body: 'bcde' })).status).toBe(204);
    });
  });

  it('refuse a schema that another instance uses', async () => {
    await expect(start({ name: 'avatars', uploadPath: '/avatars' })).rejects.toThrow(
      new RegExp(`schema "${schema().name}" is in use by the instance without a name.*another`),
    );
  });
});

describe('An app with a pool of its own', () => {
  const schema = useTestSchema();

  it('shares it, and ends it itself', async () => {
    const pool = new pg.Pool({ connectionString: schema().url, max: 3 });
    const registry = postgres({ pool, schema: schema().name });
    const app = await startApp({ platform: 'express', tus: { registry } });
    const upload = await create(app, { length: 5, body: 'hello' });
    await app.finished.of(upload.id);
    await app.close();

    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await pool.end();
  });
});
