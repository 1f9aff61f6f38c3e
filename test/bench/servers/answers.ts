// A floor: answers as a tus server does, and stores nothing.
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { takeCommands } from './commands.js';

let uploads = 0;

/** The URL holds the offset, so that nothing else has to. */
function locationOf(bytes: number): string {
  return `/files/${bytes}-${uploads++}`;
}

function offsetIn({ url = '' }: IncomingMessage): string {
  return url.slice('/files/'.length, url.indexOf('-'));
}

const server = createServer((request, response) => {
  let bytes = 0;
  request.on('data', (chunk: Buffer) => (bytes += chunk.length));
  request.on('end', () => {
    const headers = { 'Tus-Resumable': '1.0.0' };
    if (request.method === 'POST') {
      response.writeHead(201, { ...headers, Location: locationOf(bytes), 'Upload-Offset': bytes });
    } else {
      response.writeHead(200, { ...headers, 'Upload-Offset': offsetIn(request) });
    }
    response.end();
  });
});
server.listen(0, '127.0.0.1', () => takeCommands((server.address() as AddressInfo).port));
