import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  create,
  eventually,
  head,
  makeTempFolder,
  OCTETS,
  offsetOf,
  patch,
  PLATFORMS,
  RawConnection,
  rawHead,
  removeTempFolder,
  storedBytes,
  uploadWhole,
} from '../support/index.js';
import type { CreatedUpload, HttpTarget } from '../support/index.js';
import { freezeBetweenWrites } from './servers/freeze-between-writes.js';
import { readEntries } from './servers/journal.js';
import type { JournalEntry } from './servers/journal.js';
import { KillableServer } from './servers/killable-server.js';
import { settingsIn } from './servers/server-settings.js';
import type { ServerSettings } from './servers/server-settings.js';

const EXPIRED = 300;

/** A tenth of the usual one. */
const PATIENCE = { look: 100, silentAfter: 2, suspectAfter: 5, heartbeat: 500 };

describe.each(PLATFORMS)('A process that is frozen (%s)', (platform) => {
  let folder: string;
  let settings: ServerSettings;
  const started: KillableServer[] = [];

  beforeEach(async () => {
    folder = await makeTempFolder();
    settings = {
      ...settingsIn(folder, platform, { delivery: { backoff: { first: '50ms' } } }),
      patience: PATIENCE,
      logs: ['error', 'fatal', 'warn', 'log'],
    };
  });

  afterEach(async () => {
    await Promise.all(started.splice(0).map((server) => server.kill()));
    await removeTempFolder(folder);
  });

  async function start(): Promise<KillableServer> {
    const server = await KillableServer.start(settings);
    started.push(server);
    return server;
  }

  /** The lines of one server's log that match, once there are any. */
  function logged(server: KillableServer, pattern: RegExp): Promise<string[]> {
    return eventually(() => {
      const found = server.printed.filter((line) => pattern.test(line));
      expect(found).not.toEqual([]);
      return found;
    });
  }

  /** Begins a PATCH, and waits until the server has its first bytes. */
  async function stall(
    server: HttpTarget,
    upload: CreatedUpload,
    { offset = 0, length, bytes }: { offset?: number; length: number; bytes: string },
  ): Promise<RawConnection> {
    const connection = await RawConnection.open(server);
    const lines = ['Tus-Resumable: 1.0.0', `Content-Type: ${OCTETS}`, `Upload-Offset: ${offset}`];
    const start = rawHead('PATCH', upload.path, [...lines, `Content-Length: ${length}`]);
    await connection.write(start + bytes);
    await eventually(async () => {
      expect((await storedBytes(settings, upload)).length).toBe(offset + bytes.length);
    });
    return connection;
  }

  async function textOf(upload: CreatedUpload): Promise<string> {
    return (await storedBytes(settings, upload)).toString();
  }

  async function entriesOf(
    { id }: CreatedUpload,
    event: JournalEntry['event'],
  ): Promise<JournalEntry[]> {
    const entries = await readEntries(settings.journal);
    return entries.filter((entry) => entry.id === id && entry.event === event);
  }

  /** Waits for so many entries of one kind. */
  function happened(
    upload: CreatedUpload,
    event: JournalEntry['event'],
    count = 1,
  ): Promise<JournalEntry[]> {
    return eventually(async () => {
      const entries = await entriesOf(upload, event);
      expect(entries.length).toBeGreaterThanOrEqual(count);
      return entries;
    });
  }

  it('while it is alone, keeps no other one from serving, and loses what that one takes from it', async () => {
    const frozen = await start();
    const held = await create(frozen, { length: 10 });
    const idle = await create(frozen, { length: 6, body: 'abc' });
    const late = await stall(frozen, held, { length: 10, bytes: 'abcd' });
    frozen.freeze();
    const other = await start();

    // Before it is given up, a request waits for that.
    expect(await offsetOf(other, idle)).toBe(3);
    expect((await patch(other, idle, { offset: 3, body: 'def' })).status).toBe(204);
    const own = await create(other, { length: 3 });
    expect((await patch(other, own, { body: 'own' })).status).toBe(204);
    expect(await offsetOf(other, held)).toBe(4);
    expect((await patch(other, held, { offset: 4, body: 'efghij' })).status).toBe(204);
    await happened(held, 'end');
    const [silent] = await logged(other, /does not answer/);
    expect(silent).toContain(`process ${frozen.pid},`);

    await late.write('EFGHIJ');
    frozen.thaw();

    expect(await late.responseOrClose()).toBeUndefined();
    await logged(frozen, /was fenced/);
    await logged(other, new RegExp(`process ${frozen.pid},.*answers again`));
    expect(await logged(other, /uploads too, does not answer/)).toHaveLength(1);
    for (const [upload, text] of [
      [held, 'abcdefghij'],
      [idle, 'abcdef'],
      [own, 'own'],
    ] as const) {
      expect(await textOf(upload)).toBe(text);
      expect(await offsetOf(frozen, upload)).toBe(text.length);
      await happened(upload, 'end');
      expect(await entriesOf(upload, 'begin')).toHaveLength(1);
    }
    const [one, two] = [await create(frozen, { length: 4 }), await create(other, { length: 4 })];
    expect((await patch(other, one, { body: 'ab' })).status).toBe(204);
    expect((await patch(frozen, one, { offset: 2, body: 'cd' })).status).toBe(204);
    expect((await patch(frozen, two, { body: 'ab' })).status).toBe(204);
    expect((await patch(other, two, { offset: 2, body: 'cd' })).status).toBe(204);
    expect(frozen.errorOutput + other.errorOutput).toBe('');
  });

  it('among others, keeps what nobody wants, and goes on with it when it wakes', async () => {
    const [frozen, other] = [await start(), await start()];
    const held = await create(frozen, { length: 10 });
    const wanted = await create(frozen, { length: 10 });
    const slow = await stall(frozen, held, { length: 10, bytes: 'abcd' });
    const late = await stall(frozen, wanted, { length: 10, bytes: 'abcd' });
    frozen.freeze();

    expect((await patch(other, wanted, { offset: 4, body: 'efghij' })).status).toBe(204);
    await late.write('EFGHIJ');
    await slow.write('efghij');
    frozen.thaw();

    expect((await slow.response()).status).toBe(204);
    expect(await late.responseOrClose()).toBeUndefined();
    expect(await textOf(held)).toBe('abcdefghij');
    expect(await textOf(wanted)).toBe('abcdefghij');
    expect(await offsetOf(other, held)).toBe(10);
    expect(frozen.errorOutput + other.errorOutput).toBe('');
  });

  it('does not change an upload that another one receives when it wakes', async () => {
    const frozen = await start();
    const held = await create(frozen, { length: 12 });
    const late = await stall(frozen, held, { length: 12, bytes: 'abcd' });
    frozen.freeze();
    const other = await start();
    const current = await stall(other, held, { offset: 4, length: 8, bytes: 'efgh' });

    await late.write('EFGHIJKL');
    frozen.thaw();
    expect(await late.responseOrClose()).toBeUndefined();
    await current.write('ijkl');

    expect((await current.response()).status).toBe(204);
    expect(await textOf(held)).toBe('abcdefghijkl');
    await happened(held, 'end');
    expect(await entriesOf(held, 'begin')).toHaveLength(1);
  });

  it('during a hook and a method that answers, answers no more once another one has', async () => {
    const frozen = await start();
    const metadata = { takes: '2500', verdict: 'accept' };
    const deciding = await create(frozen, { path: '/calls', length: 1, metadata });
    const answering = await create(frozen, { path: '/calls', length: 1, metadata });
    const waiting = [await stall(frozen, answering, { length: 1, bytes: 'x' })];
    await happened(answering, 'begin');
    waiting.push(await stall(frozen, deciding, { length: 1, bytes: 'x' }));
    frozen.freeze();
    const other = await start();

    const answers = await Promise.all(
      [deciding, answering].map((upload) =>
        eventually(async () => {
          const answer = await patch(other, upload, { offset: 1, body: '' });
          expect(answer.status).toBe(200);
          return answer.text;
        }),
      ),
    );
    frozen.thaw();
    for (const client of waiting) expect((await client.responseOrClose())?.status ?? 423).toBe(423);

    for (const [index, upload] of [deciding, answering].entries()) {
      expect(answers[index]).toContain(`"by":${other.pid}`);
      for (const server of [frozen, other]) {
        expect((await patch(server, upload, { offset: 1, body: '' })).text).toBe(answers[index]);
      }
    }
    expect(frozen.errorOutput + other.errorOutput).toBe('');
  });

  it('during a delivery, has that made by another one, whose outcome counts', async () => {
    const [frozen, other] = [await start(), await start()];
    const metadata = { takes: '1500', failures: '1' };
    const upload = await create(frozen, { length: 1, metadata, body: 'x' });
    const [first] = await happened(upload, 'begin');
    frozen.freeze();
    const [, second] = await happened(upload, 'begin', 2);
    expect([first?.attempt, second?.attempt]).toEqual([1, 2]);
    frozen.thaw();

    await happened(upload, 'end');
    await eventually(async () => {
      const { text } = await other.request({ path: '/control/deliveries' });
      expect(JSON.parse(text)).toEqual([]);
    });
    const attempts = (await entriesOf(upload, 'begin')).map(({ attempt }) => attempt);
    expect(attempts).toEqual([1, 2]);
  });

  it('during a cleanup, leaves the rest of it to another one', async () => {
    const [frozen, other] = [await start(), await start()];
    const creations = Array.from({ length: EXPIRED }, () =>
      create(frozen, { length: 2, body: 'x', path: '/expiring' }),
    );
    await Promise.all(creations);
    const files = async () => (await readdir(settings.expiringFolder)).length;
    const before = await files();
    const cleaning = frozen.cleanup();
    await eventually(async () => expect(await files()).toBeLessThan(before));
    await freezeBetweenWrites(frozen, other);

    await eventually(async () => {
      await other.cleanup();
      expect(await readdir(settings.expiringFolder)).toEqual(['.tus']);
    }, 20_000);
    frozen.thaw();

    expect((await cleaning).expired).toBeLessThanOrEqual(EXPIRED);
    expect(frozen.errorOutput + other.errorOutput).toBe('');
  });

  it('and then killed, leaves nothing behind', async () => {
    const frozen = await start();
    const held = await create(frozen, { length: 10 });
    await stall(frozen, held, { length: 10, bytes: 'abcd' });
    frozen.freeze();
    const other = await start();
    expect(await offsetOf(other, held)).toBe(4);

    await frozen.kill();
    const third = await start();

    expect((await patch(third, held, { offset: 4, body: 'efghij' })).status).toBe(204);
    expect(await textOf(held)).toBe('abcdefghij');
    expect((await head(other, await uploadWhole(third, 'whole'))).status).toBe(200);
    expect(await readdir(settings.tmpFileDir)).not.toContainEqual(expect.stringMatching(/moving/));
    expect(await readdir(join(settings.tmpFileDir, '.tus', 'processes'))).toHaveLength(2);
  });
});
