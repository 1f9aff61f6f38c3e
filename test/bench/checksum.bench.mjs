// What a checksum costs: a PATCH of 1 GiB with sha1 beside hashing and writing that GiB alone.
// Build first; then: node test/bench/checksum.bench.mjs
import { createHash } from 'node:crypto';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { startServer } from './bench-server.mjs';

const MB = 1024 * 1024;
const SIZE = 1024 * MB;
const BLOCK = Buffer.alloc(MB, 'nestjs-tus');
const ROUNDS = 5;

const folder = await mkdtemp(join(process.cwd(), '.bench-'));
const server = await startServer(join(folder, 'uploads'), { durability: 'none' });

/** Digest of all the bytes, made of the same blocks that are sent. */
function hashAlone() {
  const hash = createHash('sha1');
  for (let done = 0; done < SIZE; done += BLOCK.length) hash.update(BLOCK);
  return hash.digest('base64');
}

async function writeAlone() {
  const path = join(folder, 'alone');
  const file = await open(path, 'w');
  for (let done = 0; done < SIZE; done += BLOCK.length) await file.write(BLOCK);
  await file.close();
  await rm(path);
}

async function send(method, path, headers, size = 0) {
  const url = `http://127.0.0.1:${server.port}${path}`;
  const outgoing = request(url, {
    method,
    headers: { 'Tus-Resumable': '1.0.0', 'Content-Length': size, ...headers },
  });
  const answered = new Promise((resolve, reject) => {
    outgoing.on('response', (incoming) => resolve(incoming.resume()));
    outgoing.on('error', reject);
  });
  for (let sent = 0; sent < size; sent += BLOCK.length) {
    if (!outgoing.write(BLOCK)) await new Promise((resolve) => outgoing.once('drain', resolve));
  }
  outgoing.end();
  return answered;
}

async function upload(checksum) {
  const { headers } = await send('POST', '/files', { 'Upload-Length': SIZE });
  const start = performance.now();
  const { statusCode } = await send(
    'PATCH',
    headers.location,
    {
      'Content-Type': 'application/offset+octet-stream',
      'Upload-Offset': 0,
      ...(checksum && { 'Upload-Checksum': `sha1 ${checksum}` }),
    },
    SIZE,
  );
  const time = performance.now() - start;
  if (statusCode !== 204) throw new Error(`PATCH was answered ${statusCode}.`);
  await send('DELETE', headers.location, {});
  return time;
}

async function timeOf(work) {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

const digest = hashAlone();
const rows = [];
for (let round = 0; round < ROUNDS; round++) {
  const hashing = await timeOf(hashAlone);
  const writing = await timeOf(writeAlone);
  rows.push([hashing, writing, await upload(), await upload(digest)]);
}
const best = [0, 1, 2, 3].map((column) => Math.min(...rows.map((row) => row[column])));
console.table(
  [...rows, best].map(([hashing, writing, plain, checked], index) => ({
    round: index < ROUNDS ? index + 1 : 'best',
    'hash, ms': Math.round(hashing),
    'write, ms': Math.round(writing),
    'PATCH, ms': Math.round(plain),
    'PATCH with sha1, ms': Math.round(checked),
    'by hash + write': (checked / (hashing + writing)).toFixed(2),
    'by hash + PATCH': (checked / (hashing + plain)).toFixed(2),
  })),
);
server.kill();
await rm(folder, { recursive: true });
