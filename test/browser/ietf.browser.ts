import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { makeTempFolder, removeTempFolder } from '../support/temp-folder.js';
import { launchChromium } from './chromium.js';
import { progressed, SampleApp, slowDown } from './sample-app.js';

const MB = 1024 * 1024;

interface ReceivedFile {
  readonly name: string;
  readonly size: number;
  readonly sha256: string;
  readonly protocol: string;
}

describe.each(['express', 'fastify'])('The sample of the IETF’s uploads on %s', (platform) => {
  let browser: Browser;
  let folder: string;
  let app: SampleApp;

  beforeAll(async () => {
    folder = await makeTempFolder();
    app = await SampleApp.start('07-ietf', platform, { TMP_FILE_DIR: join(folder, 'uploads') });
    browser = await launchChromium();
  });

  afterAll(async () => {
    await browser.close();
    await app.kill();
    await removeTempFolder(folder);
  });

  it.each([
    ['IETF', 'IETF, version 6'],
    ['IETF, older', 'IETF, version 5'],
    ['tus', 'tus 1.0'],
    ['fetch', 'plain POST'],
  ])('takes a file by %s, and shows that it came by %s', async (way, protocol) => {
    const page = await app.open(browser);
    const bytes = randomBytes(2 * MB);
    const name = `${way} ä.bin`;

    await page.getByLabel(way, { exact: true }).check();
    await choose(page, name, bytes);
    await page
      .getByRole('status')
      .filter({ hasText: `${name} has arrived.` })
      .waitFor();

    const row = page.locator('.row').filter({ hasText: name });
    await row.getByText(protocol, { exact: true }).waitFor();
    expect(await received(name)).toEqual([
      expect.objectContaining({ size: bytes.length, sha256: sha256Of(bytes), protocol }),
    ]);
  });

  it('goes on after a pause', async () => {
    const page = await app.open(browser);
    const bytes = randomBytes(4 * MB);
    await slowDown(page, MB);
    await page.getByLabel('IETF', { exact: true }).check();
    await choose(page, 'paused.bin', bytes);
    await progressed(page, 20);

    await page.click('#pause');
    await page.getByRole('status').filter({ hasText: 'Paused' }).waitFor();
    await slowDown(page, -1);
    await page.click('#resume');
    await page.locator('.row').filter({ hasText: 'paused.bin' }).waitFor();

    expect(await received('paused.bin')).toEqual([
      expect.objectContaining({ sha256: sha256Of(bytes), protocol: 'IETF, version 6' }),
    ]);
  });

  it('shows what comes by other clients', async () => {
    const page = await app.open(browser);

    const headers = { 'Content-Disposition': 'attachment; filename="by-curl.bin"' };
    await fetch(`${app.url}/upload`, { method: 'POST', body: 'hello', headers });

    await page.locator('.row').filter({ hasText: 'by-curl.bin' }).getByText('plain POST').waitFor();
  });

  async function received(name: string): Promise<ReceivedFile[]> {
    const files = (await (await fetch(`${app.url}/received`)).json()) as ReceivedFile[];
    return files.filter((file) => file.name === name);
  }
});

function choose(page: Page, name: string, buffer: Buffer): Promise<void> {
  return page.setInputFiles('#file', { name, mimeType: 'application/octet-stream', buffer });
}

function sha256Of(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
