import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { makeTempFolder, removeTempFolder } from '../support/temp-folder.js';
import { launchChromium } from './chromium.js';
import { progressed, SampleApp, slowDown } from './sample-app.js';

const SIZE = 8 * 1024 * 1024;

interface Item {
  readonly name: string;
  readonly size: number;
  readonly path: string;
}

describe.each(['express', 'fastify'])('The basic sample on %s', (platform) => {
  let browser: Browser;
  let folder: string;
  let app: SampleApp;

  beforeAll(async () => {
    folder = await makeTempFolder();
    app = await SampleApp.start('01-basic', platform, { TMP_FILE_DIR: join(folder, 'uploads') });
    browser = await launchChromium();
  });

  afterAll(async () => {
    await browser.close();
    await app.kill();
    await removeTempFolder(folder);
  });

  it('uploads a file from its page and shows what the handler recorded', async () => {
    const page = await app.open(browser);
    const file = await makeFile(folder, 'holiday.mp4', 1);

    await page.setInputFiles('#files', file);
    await page.locator('#finished').getByText('holiday.mp4').waitFor();

    const item = await itemOf(app, 'holiday.mp4');
    expect(item.size).toBe(SIZE);
    expect(await hashOf(item.path)).toBe(await hashOf(file));
  });

  it('goes on after a reload and after the server was killed', async () => {
    const page = await app.open(browser);
    const file = await makeFile(folder, 'broken.mp4', 2);
    await slowDown(page, 2 * 1024 * 1024);
    await page.setInputFiles('#files', file);
    await page.locator('#transfers [role=progressbar]').waitFor();
    await progressed(page, 20);

    await app.kill();
    await app.restart();
    await page.reload();
    await slowDown(page, -1);
    await page.locator('#unfinished').getByText('broken.mp4').waitFor();
    await page.setInputFiles('#files', file);
    await page.locator('#finished').getByText('broken.mp4').waitFor();

    const item = await itemOf(app, 'broken.mp4');
    expect(await hashOf(item.path)).toBe(await hashOf(file));
  });
});

async function makeFile(folder: string, name: string, fill: number): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, Buffer.alloc(SIZE, fill));
  return path;
}

async function itemOf(app: SampleApp, name: string): Promise<Item> {
  const items = (await (await fetch(`${app.url}/uploads`)).json()) as Item[];
  const item = items.find((each) => each.name === name);
  if (!item) throw new Error(`The sample does not list ${name}.`);
  return item;
}

async function hashOf(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}
