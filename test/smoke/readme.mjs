import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { stripVTControlCharacters } from 'node:util';
import { check } from './command.mjs';
import { makeBareApp } from './fresh-app.mjs';
import { pageText, writeGuideFiles } from './guide-files.mjs';

const PAGE = 'README.md';
const TIMEOUT = 60_000;

/** Does what the README's first page says, in an app as `nest new` makes it. */
export async function checkReadme(folder, settings, packages) {
  const isModule = makeBareApp(folder, settings, packages);
  const port = await freePort();
  writeGuideFiles(PAGE, folder, isModule, (code) => code.replace('3000', String(port)));
  check('nest build of the README’s app', 'nest', ['build'], folder);
  const server = spawn(process.execPath, ['dist/main.js'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: TIMEOUT,
    killSignal: 'SIGKILL',
  });
  const ended = once(server, 'exit');
  try {
    const lines = createInterface(server.stdout)[Symbol.asyncIterator]();
    await lineWith(lines, 'successfully started');
    const answer = await curl(port);
    assert.match(answer, /^HTTP\/1\.1 201 Created/);
    const told = await lineWith(lines, 'hello.txt has 12 bytes.');
    const [, path] = /It is at (\S+)/.exec(stripVTControlCharacters(told));
    assert.equal(readFileSync(path, 'utf8'), 'Hello, world');
  } finally {
    server.kill('SIGTERM');
    await ended;
  }
  console.log('  what the README says: ok');
}

/** Checks that the files which the installed README leads to are in the package. */
export function checkReadmeLinks(modules, name) {
  const folder = join(modules, name);
  const links = [...pageText(PAGE).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link]) => link);
  assert.ok(links.length > 20);
  const missing = links.filter((link) => !existsSync(join(folder, link)));
  assert.deepEqual(missing, [], 'the README leads to files that the package does not hold');
}

async function curl(port) {
  const [, block] = /^```sh\n(curl [^]*?)^```$/m.exec(pageText(PAGE));
  const script = block.replace('3000', String(port));
  // The app logs that it has started just before it listens.
  for (let attempt = 0; ; attempt += 1) {
    try {
      return execFileSync('bash', ['-c', script], { encoding: 'utf8', stdio: 'pipe' });
    } catch (error) {
      if (attempt === 50) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

async function lineWith(lines, text) {
  for (;;) {
    const { value, done } = await lines.next();
    if (done) throw new Error(`the app has not said “${text}”`);
    if (value.includes(text)) return value;
  }
}

async function freePort() {
  const probe = createServer().listen(0);
  await once(probe, 'listening');
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
