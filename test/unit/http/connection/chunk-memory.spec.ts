import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { giveBack, ownsChunks } from '../../../../lib/http/connection/chunk-memory.js';

/** Whether this Node can take the memory of a buffer. */
const CAN = 'transfer' in ArrayBuffer.prototype;

const LARGE = 20_000;

const ignore = (): void => undefined;

let server: Server;
let req: IncomingMessage;

beforeEach(async () => {
  server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  request({ port, method: 'PATCH' }).on('error', ignore).write('body');
  [req] = (await once(server, 'request')) as [IncomingMessage];
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

describe('the memory of chunks', () => {
  it('is given back where Node can', () => {
    const chunk = Buffer.alloc(LARGE);
    req.on('data', ignore);
    giveBack(req, [chunk]);
    expect(chunk.byteLength).toBe(CAN ? 0 : LARGE);
  });

  it.each([
    ['of a larger piece', Buffer.alloc(2 * LARGE).subarray(LARGE)],
    ['that are small', Buffer.alloc(1000)],
    ['of several threads', Buffer.from(new SharedArrayBuffer(LARGE))],
  ])('is left alone: chunks %s', (_, chunk) => {
    const { byteLength } = chunk;
    giveBack(req, [chunk]);
    expect(chunk.byteLength).toBe(byteLength);
  });

  it('is left alone when another listener came', () => {
    const chunk = Buffer.alloc(LARGE);
    req.on('data', ignore).on('data', ignore);
    giveBack(req, [chunk]);
    expect(chunk.byteLength).toBe(LARGE);
  });
});

describe('chunks', () => {
  it('are nobody else’s as they come from a socket', () => {
    expect(ownsChunks(req)).toBe(true);
  });

  it.each(['data', 'readable'])('may be those of a listener to %s', (event) => {
    req.on(event, ignore);
    expect(ownsChunks(req)).toBe(false);
  });

  it.each(['on', 'addListener', 'emit', 'push', 'read'] as const)(
    'may be those of what has replaced %s()',
    (method) => {
      Object.assign(req, { [method]: req[method] });
      expect(ownsChunks(req)).toBe(false);
    },
  );

  it('may be somebody’s who has made the request without a socket', () => {
    const made = Object.assign(Readable.from(['body']), { socket: {} });
    expect(ownsChunks(made as unknown as IncomingMessage)).toBe(false);
  });
});
