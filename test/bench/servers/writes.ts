// A floor: writes a body to a file as directly as Node can, and knows nothing but its length.
import { close, open, writev } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { takeCommands } from './commands.js';
import { settings, type FolderSettings } from './settings.js';

const HIGH_WATER_MARK = 1024 * 1024;

const openFile = promisify(open);
const closeFile = promisify(close);
const { folder } = settings<FolderSettings>();
const offsets = new Map<string, number>();

/** Writes what has come while the last write ran, until the body has ended. */
function store(fd: number, body: IncomingMessage): Promise<number> {
  return new Promise((resolve, reject) => {
    let batch: Buffer[] = [];
    let bytes = 0;
    let position = 0;
    let writing = false;
    let ended = false;
    const flush = (): void => {
      if (writing) return;
      if (batch.length === 0) return ended ? resolve(position) : undefined;
      writing = true;
      const size = bytes;
      writev(fd, batch, position, (error, written) => {
        writing = false;
        if (error || written !== size) return reject(error ?? new Error('Not all was written.'));
        position += written;
        body.resume();
        flush();
      });
      batch = [];
      bytes = 0;
    };
    body.on('data', (chunk: Buffer) => {
      batch.push(chunk);
      bytes += chunk.length;
      if (bytes >= HIGH_WATER_MARK) body.pause();
      flush();
    });
    body.on('end', () => {
      ended = true;
      flush();
    });
  });
}

async function receive(id: string, body: IncomingMessage): Promise<number> {
  if (body.headers['content-length'] === '0') return 0;
  const fd = await openFile(join(folder, id), 'w');
  const offset = await store(fd, body);
  await closeFile(fd);
  return offset;
}

const server = createServer((request, response) => {
  void (async () => {
    const isNew = request.method === 'POST';
    const id = isNew ? String(offsets.size) : (request.url ?? '').slice('/files/'.length);
    if (request.method !== 'HEAD') {
      offsets.set(id, 0);
      offsets.set(id, await receive(id, request));
    }
    response.writeHead(isNew ? 201 : request.method === 'PATCH' ? 204 : 200, {
      'Tus-Resumable': '1.0.0',
      'Upload-Offset': offsets.get(id) ?? 0,
      ...(isNew && { Location: `/files/${id}` }),
    });
    response.end();
  })();
});
server.listen(0, '127.0.0.1', () => takeCommands((server.address() as AddressInfo).port));
