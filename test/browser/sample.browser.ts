import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { makeTempFolder, removeTempFolder } from '../support/temp-folder.js';
import { launchChromium } from './chromium.js';

const SAMPLE = fileURLToPath(new URL('../../../sample/01-basic/dist/main.js', import.meta.url));
const SIZE = 8 * 1024 * 1024;

interface Item {
  readonly name: string;
  readonly size: number;
  readonly path: string;
}

describe.each(['express', 'fastify'])('The basic sample on %s', (platform) => {
  let browser: Browser;
  let folder: string;
  let port: number;
  let server: ChildProcess;

  beforeAll(async () => {
    folder = await makeTempFolder();
    port = await freePort();
    server = await startSample(platform, port, folder);
    browser = await launchChromium();
  });

  afterAll(async () => {
    await browser.close();
    await kill(server);
    await removeTempFolder(folder);
  });

  it('uploads a file from its page and shows what the handler recorded', async () => {
    const page = await open(browser, port);
    const file = await makeFile(folder, 'holiday.mp4', 1);

    await page.setInputFiles('#files', file);
    await page.locator('#finished').getByText('holiday.mp4').waitFor();

    const item = await itemOf(port, 'holiday.mp4');
    expect(item.size).toBe(SIZE);
    expect(await hashOf(item.path)).toBe(await hashOf(file));
  });

  it('goes on after a reload and after the server was killed', async () => {
    const page = await open(browser, port);
    const file = await makeFile(folder, 'broken.mp4', 2);
    await slowDown(page, 2 * 1024 * 1024);
    await page.setInputFiles('#files', file);
    await page.locator('#transfers [role=progressbar]').waitFor();
    await page.waitForFunction(
      () =>
        Number(document.querySelector('[role=progressbar]')?.getAttribute('aria-valuenow')) >= 20,
    );

    await kill(server);
    server = await startSample(platform, port, folder);
    await page.reload();
    await slowDown(page, -1);
    await page.locator('#unfinished').getByText('broken.mp4').waitFor();
    await page.setInputFiles('#files', file);
    await page.locator('#finished').getByText('broken.mp4').waitFor();

    const item = await itemOf(port, 'broken.mp4');
    expect(await hashOf(item.path)).toBe(await hashOf(file));
  });
});

async function open(browser: Browser, port: number): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${port}/`);
  return page;
}

/** Makes the network as slow as so many bytes a second; -1 is as fast as it goes. */
async function slowDown(page: Page, uploadThroughput: number): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: 0,
    downloadThroughput: -1,
    uploadThroughput,
  });
}

async function makeFile(folder: string, name: string, fill: number): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, Buffer.alloc(SIZE, fill));
  return path;
}

async function itemOf(port: number, name: string): Promise<Item> {
  const items = (await (await fetch(`http://127.0.0.1:${port}/uploads`)).json()) as Item[];
  const item = items.find((each) => each.name === name);
  if (!item) throw new Error(`The sample does not list ${name}.`);
  return item;
}

async function hashOf(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}

async function startSample(platform: string, port: number, folder: string): Promise<ChildProcess> {
  const env = {
    ...process.env,
    PLATFORM: platform,
    HOST: '127.0.0.1',
    PORT: String(port),
    TMP_FILE_DIR: join(folder, 'uploads'),
  };
  const server = spawn(process.execPath, [SAMPLE], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise<void>((resolve, reject) => {
    server.once('exit', () => reject(new Error('The sample did not start.')));
    server.stdout.on('data', (text) => String(text).includes(`localhost:${port}`) && resolve());
  });
  return server;
}

async function kill(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null) return;
  const gone = once(server, 'exit');
  server.kill('SIGKILL');
  await gone;
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
