// What a concatenation costs: eight parts of 128 MiB made one upload, beside `cat` on the same disk.
// Build first; then: node test/bench/concatenation.bench.mjs
import { execFile } from 'node:child_process';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startServer } from './bench-server.mjs';

const run = promisify(execFile);

const MB = 1024 * 1024;
const SIZE = 128 * MB;
const PARTS = 8;
const BLOCK = Buffer.alloc(MB, 'nestjs-tus');
const ROUNDS = 7;

const folder = await mkdtemp(join(process.cwd(), '.bench-'));
const uploads = join(folder, 'uploads');
const server = await startServer(uploads, { durability: 'none' });

async function send(method, path, headers, body) {
  const init = { method, headers: { 'Tus-Resumable': '1.0.0', ...headers }, body };
  const response = await fetch(`http://127.0.0.1:${server.port}${path}`, init);
  if (!response.ok) throw new Error(`${method} was answered ${response.status}.`);
  return response.headers.get('location');
}

/** Makes a part whose bytes are laid into its file, all but the last one. */
async function makePart() {
  const location = await send('POST', '/files', {
    'Upload-Length': SIZE,
    'Upload-Concat': 'partial',
  });
  const path = join(uploads, location.split('/').pop());
  const file = await open(path, 'w');
  for (let done = 0; done < SIZE; done += MB) await file.write(BLOCK);
  await file.truncate(SIZE - 1);
  await file.close();
  const type = 'application/offset+octet-stream';
  await send('PATCH', location, { 'Content-Type': type, 'Upload-Offset': SIZE - 1 }, 'x');
  return { location, path };
}

async function timeOf(work) {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

const parts = [];
for (let part = 0; part < PARTS; part++) parts.push(await makePart());
const list = parts.map(({ location }) => location).join(' ');
const paths = parts.map(({ path }) => path);
await run('sync');

/** `cat` as a user would run it. */
async function cat() {
  const target = join(folder, 'cat');
  const script = 'target="$0"; cat "$@" > "$target"';
  const time = await timeOf(() => run('sh', ['-c', script, target, ...paths]));
  await rm(target);
  await run('sync');
  return time;
}

async function concatenate() {
  let final;
  const time = await timeOf(async () => {
    final = await send('POST', '/files', { 'Upload-Concat': `final;${list}` });
  });
  await send('DELETE', final, {});
  await run('sync');
  return time;
}

const rows = [];
for (let round = 0; round < ROUNDS; round++) rows.push([await cat(), await concatenate()]);
const best = [0, 1].map((column) => Math.min(...rows.map((row) => row[column])));
console.table(
  [...rows, best].map(([alone, ours], index) => ({
    round: index < ROUNDS ? index + 1 : 'best',
    'cat, ms': Math.round(alone),
    'concatenation, ms': Math.round(ours),
    'by cat': (ours / alone).toFixed(2),
  })),
);
server.kill();
await rm(folder, { recursive: true });
