import { AsyncLocalStorage } from 'node:async_hooks';
import { mkdir, readdir, rename, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FolderLostError, UnfitFolderError } from '../../../../lib/errors/index.js';
import { Processes } from '../../../../lib/cluster/local/processes.js';
import { LmdbSharedTables } from '../../../../lib/registry/lmdb/index.js';
import { folderThat } from '../../../support/folder-check.js';
import { makeTempFolder, removeTempFolder } from '../../../support/temp-folder.js';
import { TestProcess } from '../../../support/test-process.js';
import { Member } from './member.js';
import { openMember } from './open-member.js';

/** What a primary tells of its worker. */
interface Worker {
  readonly pid: number;
  readonly identity: string;
}

describe('Processes on one folder', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await makeTempFolder();
  });
  afterEach(() => removeTempFolder(folder));

  const sockets = () => readdir(join(folder, 'processes'));
  const claimFolders = async () =>
    (await readdir(folder)).filter((name) => name.startsWith('claims-'));

  it('notice at once when one of them is killed, and remove what its socket left', async () => {
    const [first, second] = [await Member.meet(folder), await Member.meet(folder)];
    const third = await Member.meet(folder);

    await second.kill();

    await first.report('gone', second.identity);
    await third.report('gone', second.identity);
    expect((await sockets()).sort()).toEqual([first.identity, third.identity].sort());
  });

  it('notice when one of them leaves, which itself removes its socket', async () => {
    const [first, second] = [await Member.meet(folder), await Member.meet(folder)];

    expect(await second.tell('leave')).toBe('left');

    await first.report('gone', second.identity);
    expect(await sockets()).toEqual([first.identity]);
  });

  it('notice it in the context they were made in, and not of the request that had asked the one that ended', async () => {
    const requests = new AsyncLocalStorage<string>();
    const { processes } = requests.run('start', () => ({
      processes: new Processes({
        folder: join(folder, 'processes'),
        tables: new LmdbSharedTables({ folder, durable: true }),
      }),
    }));
    const gone = new Promise((resolve) => processes.whenGone(() => resolve(requests.getStore())));
    const member = await Member.start(folder);

    await requests.run('a request', async () => {
      expect(await processes.isGone(member.identity)).toBe(false);
      expect(requests.getStore()).toBe('a request');
    });
    await member.kill();

    expect(await gone).toBe('start');
    await processes.close();
  });

  it('all come to know each other when they start at the same time', async () => {
    const members = await Promise.all([1, 2, 3, 4].map(() => Member.meet(folder)));

    for (const [index, killed] of members.entries()) {
      await killed.kill();
      const others = members.slice(index + 1);
      await Promise.all(others.map((member) => member.report('gone', killed.identity)));
    }
  });

  it('do not take one for gone that is only stopped', async () => {
    const member = await Member.meet(folder);
    const { processes, claims } = await openMember(folder);
    member.freeze();

    expect(await processes.isGone(member.identity)).toBe(false);
    await member.kill();
    expect(await processes.isGone(member.identity)).toBe(true);
    await claims.close();
  });

  it('notice the end of a worker of node:cluster, whose primary lives on', async () => {
    const script = fileURLToPath(new URL('./cluster.child.js', import.meta.url));
    const primary = new TestProcess(script, [folder]);
    const worker = (await primary.until(() => primary.messages[0])) as Worker;
    const watcher = await Member.meet(folder);

    process.kill(worker.pid, 'SIGKILL');

    await watcher.report('gone', worker.identity);
    await primary.kill();
  });

  it('meet also in a folder whose path is too long for a socket, and leave no trace of that', async () => {
    const deep = join(folder, 'x'.repeat(60), 'y'.repeat(60));
    await mkdir(deep, { recursive: true });
    const detours = async () => (await readdir(tmpdir())).filter((name) => name.startsWith('tus-'));
    const before = await detours();
    const [first, second] = [await Member.meet(deep), await Member.meet(deep)];

    await second.kill();

    await first.report('gone', second.identity);
    expect(await readdir(join(deep, 'processes'))).toEqual([first.identity]);
    expect(await detours()).toEqual(before);
  });

  it('say what to shorten where there is no shorter way to the folder either', async () => {
    const deep = join(folder, 'x'.repeat(60), 'y'.repeat(60));
    const longPath = join(folder, 'z'.repeat(80));
    await mkdir(deep, { recursive: true });
    await mkdir(longPath);
    const { env } = process;
    const { TMPDIR } = env;
    for (const [temporary, fault] of [
      [longPath, 'bytes too long'],
      [join(folder, 'none'), 'cannot be used (ENOENT'],
    ] as const) {
      env.TMPDIR = temporary;
      const joining = openMember(deep);
      try {
        await expect(joining).rejects.toThrow(UnfitFolderError);
        await expect(joining).rejects.toThrow(fault);
        await expect(joining).rejects.toThrow(/is too long for the sockets.*shorter.*TMPDIR/s);
      } finally {
        if (TMPDIR === undefined) delete env.TMPDIR;
        else env.TMPDIR = TMPDIR;
      }
    }
    expect(await readdir(longPath)).toEqual([]);
  });

  it('take none for gone whose socket is missing because the folder is lost', async () => {
    const member = await Member.meet(folder);
    let isLost = false;
    const watch = folderThat(() => isLost);
    const tables = new LmdbSharedTables({ folder, durable: true });
    const path = join(folder, 'processes');
    const processes = new Processes({ folder: path, tables, watch });
    const unknown = new Processes({ folder: path, tables, watch });
    await processes.open();
    await rename(path, join(folder, 'elsewhere'));
    await mkdir(path);
    isLost = true;

    expect(await processes.isGone(member.identity)).toBe(false);
    expect(await unknown.isGone(member.identity)).toBe(false);
    await expect(unknown.ask(member.identity, 'hello')).rejects.toThrow(FolderLostError);

    await removeTempFolder(path);
    await rename(join(folder, 'elsewhere'), path);
    isLost = false;
    expect(await unknown.isGone(member.identity)).toBe(false);
    await member.kill();
    expect(await unknown.isGone(member.identity)).toBe(true);
    await unknown.close();
    await processes.close();
  });

  it('keep their sockets to their user', async () => {
    const { processes, claims } = await openMember(folder);

    const socket = await stat(join(folder, 'processes', processes.identity));
    const sockets = await stat(join(folder, 'processes'));

    expect(socket.mode & 0o777).toBe(0o600);
    expect(sockets.mode & 0o777).toBe(0o700);
    await claims.close();
  });

  it('meet when they reach the folder by different paths', async () => {
    const other = join(folder, 'other');
    await mkdir(join(folder, 'real'));
    await symlink(join(folder, 'real'), other);
    const first = await Member.meet(join(folder, 'real'));
    const second = await Member.meet(other);

    await second.kill();

    await first.report('gone', second.identity);
  });

  it('begin anew with claims of their own once all have died', async () => {
    const first = await Member.meet(folder);
    const before = await claimFolders();
    const second = await Member.meet(folder);
    expect(await claimFolders()).toEqual(before);
    await first.kill();
    await second.kill();

    await Member.meet(folder);

    const after = await claimFolders();
    expect(after).toHaveLength(1);
    expect(after).not.toEqual(before);
  });

  it('fail to join with the error of the system where there can be no socket', async () => {
    await writeFile(join(folder, 'processes'), '');

    await expect(openMember(folder)).rejects.toMatchObject({ code: 'EEXIST' });
  });

  it('are told who it is that asks, and what went wrong with an answer', async () => {
    const [one, other] = [await openMember(folder), await openMember(folder)];
    other.processes.answer('greeting', (body, from) => Promise.resolve(`${body} ${from}`));
    other.processes.answer('trouble', () => Promise.reject(new Error('not today')));

    const { identity } = other.processes;
    expect(await one.processes.ask(identity, 'greeting', 'hi')).toBe(
      `hi ${one.processes.identity}`,
    );
    await expect(one.processes.ask(identity, 'trouble')).rejects.toThrow('not today');
    await expect(one.processes.ask(identity, 'nothing')).rejects.toThrow('nothing');
    await other.claims.close();
    await expect(one.processes.ask(identity, 'greeting')).rejects.toThrow('has ended');
    await one.claims.close();
  });
});
