import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const TIMEOUT = 60_000;
const PNG = Buffer.concat([
  Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1'),
  Buffer.alloc(100),
]);
const PDF = Buffer.from('%PDF-1.4\n');

/**
 * Starts the fresh app in one of the ways there are, and uploads to it.
 *
 * @param args of `node`
 */
export async function checkServed(what, args, cwd) {
  const server = spawn(process.execPath, args, {
    cwd,
    env: { ...process.env, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: TIMEOUT,
    killSignal: 'SIGKILL',
  });
  const ended = once(server, 'exit');
  try {
    const url = await urlOf(server);
    server.stdout.resume();
    await checkUploads(url);
  } finally {
    server.kill('SIGTERM');
    await ended;
  }
  console.log(`  ${what}: ok`);
}

async function urlOf(server) {
  for await (const line of createInterface(server.stdout)) {
    const [, url] = /running on: (\S+)/.exec(line) ?? [];
    if (url) return url;
    if (/ (WARN|ERROR) /.test(line)) console.log(line);
  }
  throw new Error('the app did not start');
}

async function checkUploads(url) {
  assert.equal((await create(`${url}/files`, PNG, 'cat.png')).status, 201);
  assert.equal((await create(`${url}/files`, PDF, 'cat.png')).status, 415);
  const avatar = await create(`${url}/users/ada/avatar`, PNG, 'me.png');
  assert.deepEqual(await avatar.json(), { user: 'ada', type: 'image/png', size: PNG.length });
  while ((await imported(url)).length === 0);
  assert.deepEqual(await imported(url), ['cat.png']);
}

async function imported(url) {
  return (await fetch(`${url}/imported`)).json();
}

/** tus 1.0 §Creation With Upload. */
function create(url, body, filename) {
  const headers = {
    'Tus-Resumable': '1.0.0',
    'Upload-Length': String(body.length),
    'Upload-Metadata': `filename ${Buffer.from(filename).toString('base64')}`,
    'Content-Type': 'application/offset+octet-stream',
  };
  return fetch(url, { method: 'POST', headers, body });
}
