import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  create,
  eventually,
  makeTempFolder,
  OCTETS,
  offsetOf,
  patch,
  PLATFORMS,
  post,
  RawConnection,
  rawHead,
  removeTempFolder,
  SeededContent,
  startApp,
  storedBytes,
  uploadWhole,
} from '../support/index.js';
import type { CreatedUpload, HttpTarget, TestApp } from '../support/index.js';
import { Leases, UploadNotFoundError } from '../../lib/uploads/index.js';
import { readEntries } from './servers/journal.js';
import type { JournalEntry } from './servers/journal.js';
import { KillableServer } from './servers/killable-server.js';
import { settingsIn } from './servers/server-settings.js';
import type { ServerSettings } from './servers/server-settings.js';

const MB = 1024 * 1024;
const RACES = 30;
const EXPIRED = 200;

describe.each(PLATFORMS)('Processes on one folder (%s)', (platform) => {
  let folder: string;
  let settings: ServerSettings;
  let a: KillableServer;
  let b: KillableServer;

  beforeAll(async () => {
    folder = await makeTempFolder();
    settings = settingsIn(folder, platform);
    [a, b] = await Promise.all([KillableServer.start(settings), KillableServer.start(settings)]);
  });

  afterAll(async () => {
    await Promise.all([a.kill(), b.kill()]);
    await removeTempFolder(folder);
  });

  /** Does something with one more process, which is this one. */
  async function withThisOne(work: (app: TestApp) => Promise<void>): Promise<void> {
    const app = await startApp({ platform, tmpFileDir: settings.tmpFileDir });
    try {
      await work(app);
    } finally {
      await app.close();
    }
  }

  function stored(upload: CreatedUpload): Promise<Buffer> {
    return storedBytes(settings, upload);
  }

  async function untilStored(upload: CreatedUpload, bytes: number): Promise<void> {
    await eventually(async () => expect((await stored(upload)).length).toBe(bytes));
  }

  /** Begins a PATCH, and waits until the server has its first bytes. */
  async function stall(
    server: HttpTarget,
    upload: CreatedUpload,
    length: number,
    bytes: string,
  ): Promise<RawConnection> {
    const connection = await RawConnection.open(server);
    const lines = ['Tus-Resumable: 1.0.0', `Content-Type: ${OCTETS}`, 'Upload-Offset: 0'];
    const head = rawHead('PATCH', upload.path, [...lines, `Content-Length: ${length}`]);
    await connection.write(head + bytes);
    await untilStored(upload, bytes.length);
    return connection;
  }

  /** The deliveries of an upload that have begun, once there are so many. */
  async function begun({ id }: CreatedUpload, count: number): Promise<JournalEntry[]> {
    return eventually(async () => {
      const entries = await readEntries(settings.journal);
      const begins = entries.filter((entry) => entry.id === id && entry.event === 'begin');
      expect(begins.length).toBeGreaterThanOrEqual(count);
      return begins;
    });
  }

  function happened({ id }: CreatedUpload, event: JournalEntry['event']): Promise<void> {
    return eventually(async () => {
      const entries = await readEntries(settings.journal);
      expect(entries.some((entry) => entry.id === id && entry.event === event)).toBe(true);
    }, 10_000);
  }

  it('give an upload whose client has fallen silent to a HEAD, and to a PATCH, at the other one', async () => {
    const upload = await create(a, { length: 10 });
    const silent = await stall(a, upload, 10, 'abcd');

    expect(await offsetOf(b, upload)).toBe(4);
    expect((await patch(b, upload, { offset: 4, body: 'efghij' })).status).toBe(204);

    expect((await silent.responseOrClose())?.status ?? 423).toBe(423);
    expect((await stored(upload)).toString()).toBe('abcdefghij');
    silent.destroy();
  });

  it('give an upload at once to a PATCH at the other one, which goes on where the first one ended', async () => {
    const upload = await create(a, { length: 10 });
    const silent = await stall(a, upload, 10, 'abcd');

    expect((await patch(b, upload, { offset: 4, body: 'efghij' })).status).toBe(204);

    expect((await silent.response()).status).toBe(423);
    expect((await stored(upload)).toString()).toBe('abcdefghij');
    silent.destroy();
  });

  it('lose no byte when a HEAD at the other one ends a client that is sending', async () => {
    const content = new SeededContent(platform, 64 * MB);
    const upload = await create(a, { length: content.length });
    const sender = await stall(a, upload, content.length, '');
    let sending = true;
    void sender.closed.then(() => (sending = false));
    const flood = (async () => {
      for (const piece of content.pieces()) {
        if (!sending) return;
        await sender.write(piece);
      }
    })();
    await eventually(async () => expect((await stored(upload)).length).toBeGreaterThan(MB));

    const offset = await offsetOf(b, upload);

    expect((await stored(upload)).length).toBe(offset);
    sender.destroy();
    await flood;
    const rest = content.bytes(offset);
    expect((await patch(b, upload, { offset, body: rest })).status).toBe(204);
    expect((await stored(upload)).equals(content.bytes())).toBe(true);
  });

  it(`let exactly one of two PATCHes win, ${RACES} times`, async () => {
    for (let race = 0; race < RACES; race++) {
      const upload = await create(a, { length: 1024 });
      const bodies = ['a', 'b'].map((letter) => letter.repeat(1024));
      const answers = await Promise.all([
        patch(a, upload, { body: bodies[0] }),
        patch(b, upload, { body: bodies[1] }),
      ]);

      const winner = answers.findIndex(({ status }) => status === 204);
      expect([409, 423]).toContain(answers[1 - winner]?.status);
      expect((await stored(upload)).toString()).toBe(bodies[winner]);
    }
  });

  describe('of which one starts and is killed', () => {
    let receiving: CreatedUpload;
    let silent: RawConnection;
    let handling: CreatedUpload;
    let cutOff: CreatedUpload;
    let delivering: CreatedUpload;
    let retrying: CreatedUpload;

    beforeAll(async () => {
      receiving = await create(a, { length: 4 });
      silent = await stall(a, receiving, 4, 'abc');
      // Longer than it takes another one to start, to work and to die.
      handling = await create(a, { length: 1, metadata: { takes: '6000' }, body: 'x' });
      await begun(handling, 1);

      const victim = await KillableServer.start(settings);
      try {
        await happened(await uploadWhole(victim, 'another one'), 'end');
        await beginAllIn(victim);
      } finally {
        await victim.kill();
      }
    });

    /** What the one that receives the last byte delivers, it alone knows of. */
    async function beginAllIn(victim: KillableServer): Promise<void> {
      cutOff = await create(victim, { length: 10 });
      await stall(victim, cutOff, 10, 'abcd');
      delivering = await create(victim, { length: 1, metadata: { takes: '15000' }, body: 'x' });
      await begun(delivering, 1);
      retrying = await create(victim, { length: 1, metadata: { failures: '1' }, body: 'x' });
      await happened(retrying, 'throw');
    }

    it('go on with an upload that it received, without waiting', async () => {
      expect(await offsetOf(b, cutOff)).toBe(4);
      expect((await patch(b, cutOff, { offset: 4, body: 'efghij' })).status).toBe(204);
    });

    it('deliver again what it was delivering, without a restart', async () => {
      const begins = await begun(delivering, 2);
      expect(begins.map(({ attempt }) => attempt)).toEqual([1, 2]);
    });

    it('retry what it was to retry later', async () => {
      const [, second] = await begun(retrying, 2);
      expect(second?.attempt).toBe(2);
    });

    it('leave a handler alone that runs in another one', async () => {
      await happened(handling, 'end');

      expect(await begun(handling, 1)).toHaveLength(1);
    });

    it('leave alone what another one was just receiving', async () => {
      await silent.write('d');

      expect((await silent.response()).status).toBe(204);
      silent.destroy();
    });
  });

  it('know nothing of what cannot be an upload', () =>
    withThisOne(async (app) => {
      const { tus } = app;
      // From then on this one is not alone, and shares what it has in hand.
      await offsetOf(app, await create(a, { length: 10 }));
      for (const id of ['', '\0', 'cleanup', '.cleanup', 'x'.repeat(5000)]) {
        const answers = [
          tus.terminate(id),
          tus.release(id),
          tus.cleanupFile(id),
          tus.moveTo(id, join(folder, 'moved')),
        ];
        for (const answer of answers) await expect(answer).rejects.toThrow(UploadNotFoundError);
      }
    }));

  it('give an id that the app has chosen to one upload, whichever of them are asked', async () => {
    for (let race = 0; race < RACES; race++) {
      const id = `race-${race}`;
      const creations = [a, b, a, b].map((server, index) =>
        post(server, { length: 1, metadata: { id }, ...(race % 2 && { body: String(index) }) }),
      );

      const answers = await Promise.all(creations);

      expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409]);
      const winner = answers.findIndex(({ status }) => status === 201);
      if (race % 2 === 0) continue;
      const bytes = await readFile(join(settings.tmpFileDir, `${id}.tus`), 'utf8');
      expect(bytes).toBe(String(winner));
    }
  });

  it('count each expired upload once when all clean up', async () => {
    const creations = Array.from({ length: EXPIRED }, (_, index) =>
      create(index % 2 === 0 ? a : b, { length: 1, path: '/expiring' }),
    );
    await Promise.all(creations);
    let expired = 0;
    const cleanUp = async (): Promise<void> => {
      const reports = await Promise.all([a.cleanup(), b.cleanup()]);
      for (const report of reports) expired += report.expired;
    };

    await eventually(async () => {
      await cleanUp();
      expect(expired).toBeGreaterThanOrEqual(EXPIRED);
    });

    await cleanUp();
    expect(expired).toBe(EXPIRED);
  });

  it('refuse at once what one of them has pinned', () =>
    withThisOne(async (app) => {
      const upload = await create(b, { length: 10 });
      const lease = await app.nest.get(Leases, { strict: false }).acquire(upload.id);
      lease.pin();

      const answer = await patch(b, upload, { body: 'abcdefghij' });

      expect(answer.status).toBe(423);
      expect(lease.revokedBy).toBeUndefined();
      lease.release();
      expect((await patch(b, upload, { body: 'abcdefghij' })).status).toBe(204);
    }));

  it('hand over what is under way when one of them shuts down', () =>
    withThisOne(async (app) => {
      const upload = await create(b, { length: 10 });
      const silent = await stall(app, upload, 10, 'abcd');

      await Promise.all([app.close(), silent.responseOrClose()]);

      expect(await offsetOf(b, upload)).toBe(4);
      expect((await patch(b, upload, { offset: 4, body: 'efghij' })).status).toBe(204);
      silent.destroy();
    }));
});

describe.each(PLATFORMS)('A folder in which there can be no sockets (%s)', (platform) => {
  it('is refused at start, with what to do about it', async () => {
    const folder = await makeTempFolder();
    const tmpFileDir = join(folder, 'uploads');
    const first = await startApp({ platform, tmpFileDir });
    await first.close();
    await rm(join(tmpFileDir, '.tus', 'processes'), { recursive: true });
    await writeFile(join(tmpFileDir, '.tus', 'processes'), '');

    await expect(startApp({ platform, tmpFileDir })).rejects.toThrow(/tmpFileDir.*socket/);
    await removeTempFolder(folder);
  });
});

describe.each(PLATFORMS)('A process that starts while another one hangs (%s)', (platform) => {
  it('takes new uploads, and bytes that come along', async () => {
    const folder = await makeTempFolder();
    const settings = settingsIn(folder, platform);
    const hanging = await KillableServer.start(settings);
    hanging.freeze();
    const app = await startApp({ platform, tmpFileDir: settings.tmpFileDir });
    try {
      const empty = await create(app, { length: 5 });
      const whole = await create(app, { length: 5, body: 'hello' });

      expect((await app.tus.find(empty.id))?.state).toBe('receiving');
      expect((await app.tus.find(whole.id))?.state).toBe('finished');
    } finally {
      await hanging.kill();
      await app.close();
      await removeTempFolder(folder);
    }
  });
});
