import {
  create,
  eventually,
  makeTempFolder,
  OCTETS,
  offsetOf,
  patch,
  PLATFORMS,
  RawConnection,
  rawHead,
  removeTempFolder,
  storedBytes,
} from '../support/index.js';
import type { CreatedUpload, HttpTarget } from '../support/index.js';
import { comeAgain } from '../support/come-again.js';
import { useTestSchema } from '../support/postgres/test-database.js';
import { readEntries } from './servers/journal.js';
import type { JournalEntry } from './servers/journal.js';
import { KillableServer } from './servers/killable-server.js';
import { settingsIn } from './servers/server-settings.js';
import type { ServerSettings } from './servers/server-settings.js';

describe.each(PLATFORMS)('A machine that shares a database (%s)', (platform) => {
  const schema = useTestSchema();
  let folder: string;
  let settings: ServerSettings;
  let one: KillableServer;
  let other: KillableServer;

  beforeAll(async () => {
    folder = await makeTempFolder();
    const postgres = { ...schema().options, patience: '1s', max: 4 };
    settings = { ...settingsIn(folder, platform), postgres, logs: ['error', 'warn'] };
    [one, other] = await Promise.all([
      KillableServer.start(settings),
      KillableServer.start(settings),
    ]);
  });

  afterAll(async () => {
    await Promise.all([one, other].map((server) => server.kill()));
    await removeTempFolder(folder);
  });

  /** Begins a PATCH, and waits until the server has its first bytes. */
  async function stall(server: HttpTarget, upload: CreatedUpload, bytes: string, length: number) {
    const connection = await RawConnection.open(server);
    const lines = ['Tus-Resumable: 1.0.0', `Content-Type: ${OCTETS}`, 'Upload-Offset: 0'];
    const start = rawHead('PATCH', upload.path, [...lines, `Content-Length: ${length}`]);
    await connection.write(start + bytes);
    await eventually(async () => {
      expect((await storedBytes(settings, upload)).toString()).toBe(bytes);
    });
    return connection;
  }

  /** Waits for so many entries of one kind. */
  function happened({ id }: CreatedUpload, event: JournalEntry['event'], count = 1) {
    return eventually(async () => {
      const all = await readEntries(settings.journal);
      const entries = all.filter((entry) => entry.id === id && entry.event === event);
      expect(entries.length).toBeGreaterThanOrEqual(count);
      return entries;
    });
  }

  it('hands over what it receives, again and again', async () => {
    const upload = await create(one, { length: 1000 });
    for (let round = 0; round < 10; round++) {
      const [from, to] = round % 2 ? [other, one] : [one, other];
      const connection = await RawConnection.open(from);
      const lines = ['Tus-Resumable: 1.0.0', `Content-Type: ${OCTETS}`, `Upload-Offset: ${round}`];
      await connection.write(
        rawHead('PATCH', upload.path, [...lines, 'Content-Length: 900']) + 'x',
      );
      await eventually(async () => {
        expect(await storedBytes(settings, upload)).toHaveLength(round + 1);
      });
      expect(await offsetOf(to, upload)).toBe(round + 1);
      connection.destroy();
    }
  });

  it('and is frozen acknowledges nothing of what another one takes over', async () => {
    const [held, kept] = [await create(one, { length: 10 }), await create(one, { length: 10 })];
    const late = await stall(one, held, 'abcd', 10);
    const slow = await stall(one, kept, 'abcd', 10);
    one.freeze();

    expect((await patch(other, held, { offset: 4, body: 'efgh' })).status).toBe(204);
    await late.write('EFGHIJ');
    await slow.write('efghij');
    one.thaw();

    expect(await late.responseOrClose()).toBeUndefined();
    expect((await patch(other, held, { offset: 8, body: 'ij' })).status).toBe(204);
    expect((await storedBytes(settings, held)).toString()).toBe('abcdefghij');
    expect(await offsetOf(one, held)).toBe(10);
    // What it had not known for certain to be its own when it woke, it has not acknowledged.
    const answer = await slow.responseOrClose();
    const offset = answer ? 10 : await offsetOf(other, kept);
    if (offset < 10) await patch(other, kept, { offset, body: 'abcdefghij'.slice(offset) });
    expect((await storedBytes(settings, kept)).toString()).toBe('abcdefghij');
    for (const upload of [held, kept]) {
      await happened(upload, 'end');
      expect(await happened(upload, 'begin')).toHaveLength(1);
    }
    const logged = [other.printed, one.printed].map((lines) => lines.join('\n'));
    expect(logged[0]).toMatch(new RegExp(`process ${one.pid} of this machine.*has not shown`));
    await eventually(() => expect(one.printed.join('\n')).toMatch(/was fenced/));
    expect(one.errorOutput + other.errorOutput).toBe('');
  });

  it('and is frozen during a delivery has that made by the other one', async () => {
    const metadata = { takes: '1500' };
    const upload = await create(one, { length: 1, metadata, body: 'x' });
    const [first] = await happened(upload, 'begin');
    const [busy, free] = first?.pid === one.pid ? [one, other] : [other, one];
    busy.freeze();
    const [, second] = await happened(upload, 'begin', 2);
    expect([second?.attempt, second?.pid]).toEqual([2, free.pid]);
    busy.thaw();
    await happened(upload, 'end');
  });

  it('and is killed during a delivery and a PATCH leaves both to the other one', async () => {
    const delivered = await create(one, { length: 1, metadata: { takes: '1500' }, body: 'x' });
    const [begun] = await happened(delivered, 'begin');
    const [busy, free] = begun?.pid === one.pid ? [one, other] : [other, one];
    const upload = await create(busy, { length: 10 });
    await stall(busy, upload, 'abcd', 10);
    await busy.kill();

    expect(await comeAgain(() => offsetOf(free, upload))).toBe(4);
    expect((await patch(free, upload, { offset: 4, body: 'efghij' })).status).toBe(204);
    expect((await storedBytes(settings, upload)).toString()).toBe('abcdefghij');
    const [, second] = await happened(delivered, 'begin', 2);
    expect(second?.pid).toBe(free.pid);
    await happened(delivered, 'end');
  });
});
