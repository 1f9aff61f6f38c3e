import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import { isIdentity, namespaceOf, newIdentity } from '../../../../lib/cluster/local/identity.js';
import {
  OtherPidNamespaceError,
  pidNamespace,
  refuseOtherPidNamespace,
} from '../../../../lib/cluster/local/pid-namespace.js';
import { eventually, startApp } from '../../../support/index.js';
import { makeTempFolder, removeTempFolder } from '../../../support/temp-folder.js';
import { TestProcess } from '../../../support/test-process.js';
import { openMember } from './open-member.js';

const RANDOM = 'a'.repeat(32);
const MEMBER = fileURLToPath(new URL('./member.child.js', import.meta.url));

/** The options of `unshare` by which this user may make a PID namespace, if there are any. */
async function findUnshareOptions(): Promise<string[] | undefined> {
  for (const kind of ['-p', '-rp']) {
    const options = [kind, '--fork', '--mount-proc', '--kill-child'];
    const attempt = promisify(execFile)('unshare', [...options, 'true']);
    const works = await attempt.then(
      () => true,
      () => false,
    );
    if (works) return options;
  }
  return undefined;
}

const unshareOptions = await findUnshareOptions();

describe('The PID namespaces of processes on one folder', () => {
  let folder: string;
  let sockets: string;
  const servers: Server[] = [];
  beforeEach(async () => {
    folder = await makeTempFolder();
    sockets = join(folder, 'processes');
    await mkdir(sockets);
  });
  afterEach(async () => {
    for (const server of servers.splice(0)) server.close();
    await removeTempFolder(folder);
  });

  /** Something that takes connections as a process of such an identity does. */
  async function live(identity: string, where = sockets): Promise<void> {
    const server = createServer((socket) => socket.destroy()).listen(join(where, identity));
    servers.push(server);
    await once(server, 'listening');
  }

  /** Leaves the socket of a process that was killed. */
  async function die(identity: string): Promise<void> {
    const script = `require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`;
    const path = join(sockets, identity);
    await promisify(execFile)(process.execPath, ['-e', script, path]).catch(() => undefined);
    expect(await readdir(sockets)).toContain(identity);
  }

  it('are noted in identities, where there are any', () => {
    expect(namespaceOf(newIdentity('4026531836'))).toBe('4026531836');
    expect(namespaceOf(newIdentity(undefined))).toBeUndefined();
    expect([newIdentity('12'), newIdentity(undefined)].every(isIdentity)).toBe(true);
    expect([`${RANDOM}-`, `${RANDOM}-x`, `../${RANDOM}`].some(isIdentity)).toBe(false);
  });

  it('may not differ between those that live', async () => {
    await live(`${RANDOM}-1`);

    const refusal = refuseOtherPidNamespace(sockets, newIdentity('2'));

    await expect(refusal).rejects.toThrow(OtherPidNamespaceError);
    await expect(refusal).rejects.toThrow(/\(1, and not 2 .* tmpFileDir of its own/);
  });

  it('do not matter when they are the same, or not noted, or of a process that has ended', async () => {
    await live(`${'b'.repeat(32)}-2`);
    await live('c'.repeat(32));
    await die(`${RANDOM}-1`);

    await expect(refuseOtherPidNamespace(sockets, newIdentity('2'))).resolves.toBeUndefined();
    await live(`${RANDOM.replace('a', 'd')}-1`);
    await expect(refuseOtherPidNamespace(sockets, RANDOM)).resolves.toBeUndefined();
  });

  it('do not matter where nobody has been yet', async () => {
    const nowhere = join(folder, 'none');

    await expect(refuseOtherPidNamespace(nowhere, newIdentity('2'))).resolves.toBeUndefined();
  });

  if (pidNamespace() !== undefined) {
    it('keep an app from its start, with a hint, before it opens its registry', async () => {
      const processes = join(folder, '.tus', 'processes');
      await mkdir(processes, { recursive: true });
      await live(`${RANDOM}-1`, processes);

      const start = startApp({ platform: 'express', tmpFileDir: folder });

      await expect(start).rejects.toThrow(/"tmpFileDir".*another PID namespace.*--pid=container/);
      expect(await readdir(join(folder, '.tus'))).toEqual(['processes']);
    });
  }

  if (unshareOptions !== undefined) {
    it('keep a process from joining one in a container, as long as that lives', async () => {
      const prefix = ['unshare', ...unshareOptions];
      const container = new TestProcess(MEMBER, [folder, '1000'], { prefix });
      await container.until(() => container.messages[0]);

      await expect(openMember(folder)).rejects.toThrow(OtherPidNamespaceError);

      expect(await readdir(sockets)).toHaveLength(1);
      await container.kill();
      const { claims } = await eventually(() => openMember(folder));
      await claims.close();
    });
  }
});
