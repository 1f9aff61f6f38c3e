import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { allPages } from '../pages/pages.js';
import { PLATFORMS, startApp, type TestApp } from '../support/index.js';
import { makeTempFolder, removeTempFolder } from '../support/temp-folder.js';
import { launchChromium } from './chromium.js';

const CLIENT = createRequire(import.meta.url).resolve('tus-js-client/dist/tus.min.js');

describe.each(PLATFORMS)('The page in the README, on %s', (platform) => {
  let browser: Browser;
  let folder: string;
  let app: TestApp;

  beforeAll(async () => {
    folder = await makeTempFolder();
    app = await startApp({ platform, configure: (nest) => nest.enableCors() });
    browser = await launchChromium();
  });

  afterAll(async () => {
    await browser.close();
    await app.close();
    await removeTempFolder(folder);
  });

  it('uploads, opened as a file', async () => {
    const file = join(folder, 'page.html');
    await writeFile(file, pageFor(app.port));
    const film = join(folder, 'film.mp4');
    await writeFile(film, Buffer.alloc(1024 * 1024, 'film'));
    const page = await browser.newPage();
    // There may be no network where tests run.
    await page.route('https://cdn.jsdelivr.net/**', (route) => route.fulfill({ path: CLIENT }));
    const done = page.waitForEvent('console', (message) => message.text().startsWith('Done:'));
    await page.goto(pathToFileURL(file).href);

    await page.setInputFiles('#file', film);

    const id = (await done).text().split('/').pop() ?? '';
    const { path, filename } = await app.finished.of(id);
    expect(filename).toBe('film.mp4');
    expect((await readFile(path)).equals(await readFile(film))).toBe(true);
    expect(
      await page.locator('#progress').evaluate((bar) => (bar as HTMLProgressElement).value),
    ).toBe(1);
  });
});

function pageFor(port: number): string {
  const readme = allPages().find(({ path }) => path === 'README.md');
  const block = readme?.blocks.find(({ language }) => language === 'html');
  if (!block) throw new Error('The README has no page.');
  return block.code.replace('3000', String(port));
}
