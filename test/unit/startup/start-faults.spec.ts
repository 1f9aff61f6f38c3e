import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { NoSpaceError, UnfitFolderError } from '../../../lib/errors/index.js';
import { TusOptionError } from '../../../lib/options/index.js';
import { startFault } from '../../../lib/startup/start-faults.js';
import { makeTempFolder, removeTempFolder } from '../../support/temp-folder.js';

const FOLDER = '/srv/uploads';

/** An error as those of `node:fs` are. */
function systemError(code: string, path?: string, syscall = 'open'): Error {
  return Object.assign(new Error(`${code}: no, ${syscall} '${path}'`), { code, path, syscall });
}

describe('A fault at the start', () => {
  it.each([
    ['EACCES', `${FOLDER}/.tus/data.mdb`, /which runs as user \d+, may not use it.*chown -R/],
    ['EPERM', `${FOLDER}/.tus`, /may not use it/],
    ['EACCES', '/srv', /may not use it/],
    ['EROFS', `${FOLDER}/.probe-0`, /read-only.*a volume/],
    ['ENOSPC', `${FOLDER}/.tus/.probe-0`, /no room.*Make room/],
    ['EDQUOT', FOLDER, /quota.*Make room/],
    ['ENOTDIR', `${FOLDER}/.tus`, /cannot be created.*a folder on a local disk/],
    ['EIO', `${FOLDER}/.tus/data.mdb`, /cannot be created.*EIO/],
  ])('is the folder’s when it is %s at %s, with what to do', (code, path, words) => {
    const fault = systemError(code, path);

    const error = startFault(fault, FOLDER);

    expect(error).toBeInstanceOf(TusOptionError);
    expect(error).toMatchObject({ option: 'tmpFileDir', cause: fault });
    expect((error as Error).message).toContain(FOLDER);
    expect((error as Error).message).toContain(code);
    expect((error as Error).message).toMatch(words);
  });

  it.each([
    [new UnfitFolderError('It is on the moon. Fetch it.'), /It is on the moon\. Fetch it\.$/],
    [new NoSpaceError(), /no room.*Make room/],
    [systemError('EACCES', undefined, 'connect'), /may not use it/],
    [systemError('EACCES', undefined, 'listen'), /may not use it/],
    [systemError('ENOTSUP', undefined, 'listen'), /takes Unix domain sockets/],
    [systemError('EPERM', undefined, 'listen'), /takes Unix domain sockets/],
    [systemError('EEXIST', `${FOLDER}/.tus/processes`, 'mkdir'), /takes Unix domain sockets/],
  ])('is the folder’s when it is %s', (fault, words) => {
    const error = startFault(fault, FOLDER);

    expect(error).toBeInstanceOf(TusOptionError);
    expect((error as Error).message).toMatch(words);
    expect((error as Error).cause).toBe(fault);
  });

  it.each(['EMFILE', 'ENFILE'])('is the process’s when it is %s', (code) => {
    const fault = systemError(code, `${FOLDER}/.tus/data.mdb`);

    const error = startFault(fault, FOLDER);

    expect(error).not.toBeInstanceOf(TusOptionError);
    expect((error as Error).message).toMatch(/too many files are open.*ulimit -n/);
    expect((error as Error).cause).toBe(fault);
  });

  it.each([
    new TypeError("Cannot read properties of undefined (reading 'apply')"),
    systemError('EACCES', '/etc/agent/agent.conf'),
    systemError('EACCES', '/srv/uploads2'),
    systemError('ENOENT'),
    systemError('ECONNREFUSED', undefined, 'getaddrinfo'),
    Object.assign(new Error('MDB_PANIC'), { code: -30795 }),
    new TusOptionError('@OnUploadFinished attempts', 0, 'Give a whole number above zero.'),
    'a text',
    undefined,
    null,
  ])('is passed on as it is when nothing is known of it: %s', (fault) => {
    expect(startFault(fault, FOLDER)).toBe(fault);
  });

  it('is known by what the system itself says', async () => {
    const around = await makeTempFolder();
    const folder = join(around, 'uploads');
    await writeFile(folder, 'a file');
    const inTheWay = await mkdir(join(folder, '.tus')).catch((error: unknown) => error);
    const notThere = await mkdtemp(join(around, 'none', 'x')).catch((error: unknown) => error);
    const server = createServer().listen({ path: join(folder, 'socket') });
    const [noSocket] = (await once(server, 'error')) as [Error];

    expect((startFault(inTheWay, folder) as Error).message).toContain('cannot be created');
    expect((startFault(noSocket, folder) as Error).message).toContain('No socket can be made');
    expect(startFault(notThere, folder)).toBe(notThere);
    await removeTempFolder(around);
  });
});
