// A server without any framework that writes a body to a file as directly as Node can: what the
// throughput of the module is measured against. Run by throughput.bench.js.
import { close, fdatasync, open, writev } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';

const HIGH_WATER_MARK = 1024 * 1024;
const [folder = '.'] = process.argv.slice(2);
let files = 0;

/** Writes what has come while the last write ran, until the body has ended. */
function store(fd: number, body: IncomingMessage): Promise<void> {
  return new Promise((resolve, reject) => {
    let batch: Buffer[] = [];
    let bytes = 0;
    let position = 0;
    let writing = false;
    let ended = false;
    const flush = (): void => {
      if (writing) return;
      if (batch.length === 0) return ended ? resolve() : undefined;
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

const server = createServer((request, response) => {
  if (request.method === 'POST') {
    response.writeHead(201, { Location: `/files/${files++}` }).end();
    return;
  }
  void (async () => {
    const fd = await promisify(open)(join(folder, `bare-${files++}`), 'w');
    await store(fd, request);
    await promisify(fdatasync)(fd);
    await promisify(close)(fd);
    response.writeHead(204).end();
  })();
});
// So that a profile is written.
process.once('SIGTERM', () => process.exit());
server.listen(0, '127.0.0.1', () => {
  console.log(`listening on ${(server.address() as AddressInfo).port}`);
});
