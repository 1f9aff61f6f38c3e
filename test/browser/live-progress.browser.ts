import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { makeTempFolder, removeTempFolder } from '../support/temp-folder.js';
import { launchChromium } from './chromium.js';
import { SampleApp, slowDown } from './sample-app.js';

const TUS = { 'Tus-Resumable': '1.0.0' };

describe.each(['express', 'fastify'])('The sample of live progress on %s', (platform) => {
  let browser: Browser;
  let folder: string;
  let app: SampleApp;
  let page: Page;

  beforeAll(async () => {
    folder = await makeTempFolder();
    const env = { TMP_FILE_DIR: join(folder, 'uploads') };
    app = await SampleApp.start('03-live-progress', platform, env);
    browser = await launchChromium();
  });

  afterAll(async () => {
    await browser.close();
    await app.kill();
    await removeTempFolder(folder);
  });

  beforeEach(async () => {
    page = await app.open(browser);
    await page.getByText('Live', { exact: true }).waitFor();
  });

  afterEach(() => Promise.all(browser.contexts().map((context) => context.close())));

  it('shows an upload of another page on its way, and how it ended', async () => {
    await page.getByText('Nothing is being uploaded').waitFor();
    const other = await app.open(browser);
    await slowDown(other, 500_000);

    await other.setInputFiles('#files', fileOf('holiday.mp4', 2_000_000));

    const lane = page.locator('#lanes .lane').filter({ hasText: 'holiday.mp4' });
    await lane.getByText(/of 2 MB/).waitFor();
    await page.locator('#lanes .chart[aria-label*="now"]:not([aria-label*="most 0"])').waitFor();
    expect(await lane.locator('.line').getAttribute('d')).toMatch(/^M0 .*Q60 /);
    const row = page.locator('#ended .lane').filter({ hasText: 'holiday.mp4' });
    await row.getByText(/Complete after .* · 2 MB/).waitFor();
    await page.getByText('Nothing is being uploaded').waitFor();
    expect(await page.textContent('#finished')).toBe('1');
  });

  it('shows what ran before it was opened, and what is cancelled', async () => {
    const url = await create(app, 'early.bin', 10);
    await append(url, 0, 'four');

    const late = await app.open(browser);
    await late.getByText(/^4 bytes of 10 bytes/).waitFor();
    await fetch(url, { method: 'DELETE', headers: TUS });

    await late
      .locator('#ended')
      .getByText(/Cancelled after .* · 4 bytes/)
      .waitFor();
    expect(await late.textContent('#broken')).toBe('1');
  });

  it('shows a hundred uploads', async () => {
    const names = Array.from({ length: 100 }, (_, index) => `part-${index}.bin`);
    const urls = await Promise.all(names.map((name) => create(app, name, 5)));
    await page.waitForFunction(() => document.querySelectorAll('#lanes .lane').length === 100);

    await Promise.all(urls.map((url) => append(url, 0, 'whole')));

    await page.waitForFunction(() => document.querySelector('#finished')?.textContent === '100');
    expect(await page.textContent('#running')).toBe('0');
  });

  it('lets the app shut down, finds it again, and learns what has happened meanwhile', async () => {
    const [goesOn, ends] = [await create(app, 'on.bin', 8), await create(app, 'off.bin', 4)];
    await append(goesOn, 0, 'half');
    await page.getByText(/^4 bytes of 8 bytes/).waitFor();

    await app.kill('SIGTERM');
    await page.getByText('Connecting again …').waitFor();
    await page.context().setOffline(true);
    await app.restart();
    await append(ends, 0, 'done');
    await page.context().setOffline(false);

    await page.getByText('Live', { exact: true }).waitFor();
    await page.locator('#ended').getByText('off.bin').waitFor();
    await append(goesOn, 4, 'done');
    await page.locator('#ended').getByText('on.bin').waitFor();
    expect(await page.textContent('#finished')).toBe('2');
  });

  it('sends made-up files', async () => {
    await page.getByRole('button', { name: '10', exact: true }).click();

    await page.waitForFunction(() => document.querySelectorAll('.lane').length === 10);
    await page.locator('#ended .lane').first().waitFor();
  });
});

function fileOf(name: string, size: number): { name: string; mimeType: string; buffer: Buffer } {
  return { name, mimeType: 'application/octet-stream', buffer: Buffer.alloc(size, 7) };
}

async function create(app: SampleApp, filename: string, length: number): Promise<string> {
  const metadata = `filename ${Buffer.from(filename).toString('base64')}`;
  const headers = { ...TUS, 'Upload-Length': String(length), 'Upload-Metadata': metadata };
  const response = await fetch(`${app.url}/files`, { method: 'POST', headers });
  return new URL(response.headers.get('location') ?? '', app.url).href;
}

async function append(url: string, offset: number, body: string): Promise<void> {
  const headers = {
    ...TUS,
    'Upload-Offset': String(offset),
    'Content-Type': 'application/offset+octet-stream',
  };
  const response = await fetch(url, { method: 'PATCH', headers, body });
  expect(response.status).toBe(204);
}
