import { mkdir, symlink } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { sendFile } from '../../../../lib/http/download/send-file.js';
import { makeTempFolder, removeTempFolder, request } from '../../../support/index.js';

describe('sendFile', () => {
  let folder: string;
  let server: Server;
  let path: string;
  let fault: Promise<Error | undefined>;

  beforeAll(async () => {
    folder = await makeTempFolder();
    server = createServer((req, res) => {
      fault = sendFile(req, res, { id: 'f0', path });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });

  afterAll(async () => {
    server.close();
    await removeTempFolder(folder);
  });

  const ask = () => {
    const { port } = server.address() as AddressInfo;
    return request({ host: '127.0.0.1', port }, { path: '/' });
  };

  it('answers 404 for a file that has just gone, without naming its path', async () => {
    path = join(folder, 'gone');

    const { status, text, headers } = await ask();

    expect([status, text]).toEqual([404, 'The file is not there.\n']);
    expect(headers).not.toHaveProperty('content-disposition');
    expect(await fault).toBeUndefined();
  });

  it('answers 404 for a folder, and leads nowhere', async () => {
    path = join(folder, 'folder');
    await mkdir(path);

    const { status, text, headers } = await ask();

    expect([status, text]).toEqual([404, 'The file is not there.\n']);
    expect(headers).not.toHaveProperty('location');
    expect(await fault).toBeUndefined();
  });

  it('answers 500 for a file that cannot be read, and tells only its caller why', async () => {
    path = join(folder, 'loop');
    await symlink(path, path);

    const { status, text, headers } = await ask();

    expect([status, text]).toEqual([500, 'The download failed; try again.\n']);
    expect(headers).not.toHaveProperty('etag');
    expect(await fault).toMatchObject({ code: 'ELOOP' });
  });
});
