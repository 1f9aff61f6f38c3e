import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Browser, ConsoleMessage, Page, Request } from 'playwright-core';
import { listFiles, makeTempFolder, removeTempFolder } from '../support/temp-folder.js';
import { launchChromium } from './chromium.js';
import { progressed, SampleApp, slowDown } from './sample-app.js';

const MIB = 1024 * 1024;

interface LocalFile {
  readonly name: string;
  readonly mimeType: string;
  readonly buffer: Buffer;
}

interface Item {
  readonly name: string;
  readonly size: number;
  readonly url: string;
}

describe.each(['express', 'fastify'])('The sample of Uppy on %s', (platform) => {
  let browser: Browser;
  let folder: string;
  let app: SampleApp;
  let page: Page;
  let forbidden: string[];

  beforeAll(async () => {
    folder = await makeTempFolder();
    app = await SampleApp.start('08-uppy', platform, { TMP_FILE_DIR: join(folder, 'uploads') });
    browser = await launchChromium();
  });

  afterAll(async () => {
    await browser.close();
    await app.kill();
    await removeTempFolder(folder);
  });

  beforeEach(async () => {
    page = await app.open(browser);
    forbidden = [];
    page.on('console', (message) => noteForbidden(message, forbidden));
    await page.getByLabel('Nobody').and(page.locator(':checked')).waitFor();
    await signIn('Ann');
  });

  afterEach(async () => {
    await page.context().close();
    expect(forbidden).toEqual([]);
  });

  it('delivers many files, chosen and dropped, as they are', async () => {
    const chosen = Array.from({ length: 30 }, (_, index) => textFile(`größe ${index}.txt`, index));
    const dropped = [textFile('dropped 大.txt', 100), textFile('empty.txt', 0)];

    await choose(page, chosen);
    await drop(page, dropped);
    await page.getByText('32 files selected').waitFor();
    await upload(page);

    await complete(page);
    const kept = await finishedBy(page, app);
    for (const { name, buffer } of [...chosen, ...dropped]) {
      expect([name, kept.get(name)]).toEqual([name, sha256Of(buffer)]);
    }
  });

  it('goes on after a pause', async () => {
    const file = textFile('paused.txt', 4096);
    await slowDown(page, MIB);
    await choose(page, [file]);
    await upload(page);
    await progressed(page, 20);

    await page.getByRole('button', { name: 'Pause', exact: true }).click();
    await page.getByText(/^Paused/).waitFor();
    await slowDown(page, -1);
    const resumed = offsetTold(page);
    await page.getByRole('button', { name: 'Resume', exact: true }).click();

    expect(await resumed).toBeGreaterThan(0);
    await complete(page);
    expect((await finishedBy(page, app)).get('paused.txt')).toBe(sha256Of(file.buffer));
  });

  it('goes on when the server was killed and started again', async () => {
    const files = [textFile('one.txt', 3072), textFile('two.txt', 3072)];
    await slowDown(page, MIB);
    await choose(page, files);
    await upload(page);
    await progressed(page, 20);

    await app.kill();
    const resumed = offsetTold(page);
    await app.restart();
    await slowDown(page, -1);

    expect(await resumed).toBeGreaterThan(0);
    await complete(page);
    const kept = await finishedBy(page, app);
    expect(files.map(({ name }) => kept.get(name))).toEqual(hashesOf(files));
  });

  it('goes on after a reload, with files that the browser has kept', async () => {
    // Larger ones than 10 MiB are kept by the service worker.
    const files = [textFile('small.txt', 4096), textFile('large.txt', 11 * 1024)];
    await page.evaluate(() => navigator.serviceWorker.ready);
    await slowDown(page, 2 * MIB);
    await choose(page, files);
    await upload(page);
    await progressed(page, 20);

    await page.reload();
    await page.getByText('We restored all files.').waitFor();
    await slowDown(page, -1);
    const resumed = offsetTold(page);
    await upload(page);

    expect(await resumed).toBeGreaterThan(0);
    await complete(page);
    const kept = await finishedBy(page, app);
    expect(files.map(({ name }) => kept.get(name))).toEqual(hashesOf(files));
  });

  it('sends three parts of a file at a time, which become one file', async () => {
    const file = textFile('parts.txt', 3072);
    const concats: (string | undefined)[] = [];
    page.on('request', (request) => noteConcat(request, concats));
    await page.getByLabel('three parts').check();

    await choose(page, [file]);
    await upload(page);

    await complete(page);
    expect(concats.slice(0, 3)).toEqual(['partial', 'partial', 'partial']);
    expect(concats.slice(3)).toEqual([expect.stringMatching(/^final;/)]);
    const kept = (await itemsOf(page, app)).filter(({ size }) => size === file.buffer.length / 3);
    expect(kept).toEqual([]);
    expect((await finishedBy(page, app)).get('parts.txt')).toBe(sha256Of(file.buffer));
  });

  it('shows why the server refuses a file, in its words, and keeps nothing of it', async () => {
    const before = await listFiles(join(folder, 'uploads'));
    await choose(page, [
      { name: 'notes.zip', mimeType: 'application/zip', buffer: Buffer.from('PK') },
      { name: 'notes.png', mimeType: 'image/png', buffer: Buffer.from('Buy milk.') },
    ]);
    await upload(page);

    await page.getByRole('alert').getByText('notes.zip: The file is declared to be').waitFor();
    await page.getByRole('alert').getByText('notes.png: The file is of an unknown type').waitFor();
    await page.getByText('Upload failed').waitFor();
    await page
      .getByRole('button', { name: /^The file is declared to be "application\/zip"/ })
      .first()
      .waitFor();
    expect(uploadsIn(await listFiles(join(folder, 'uploads')))).toEqual(uploadsIn(before));
  });

  it('says that nobody is signed in, and sends the file once somebody is', async () => {
    await signIn('Nobody');
    const file = textFile('later.txt', 1);
    await choose(page, [file]);
    await upload(page);
    await page.getByRole('alert').getByText('later.txt: Sign in to upload files.').waitFor();

    await page.request.post(`${app.url}/session/ann`);
    await page.locator('.uppy-StatusBar').getByRole('button', { name: 'Retry upload' }).click();

    await complete(page);
    expect((await finishedBy(page, app)).get('later.txt')).toBe(sha256Of(file.buffer));
  });

  it('shows thumbnails to the user whose pictures they are, and to nobody else', async () => {
    const picture = await page.screenshot({ clip: { x: 0, y: 0, width: 40, height: 30 } });
    await choose(page, [{ name: 'beach.png', mimeType: 'image/png', buffer: picture }]);
    await upload(page);
    const thumbnail = page.locator('#finished li').filter({ hasText: 'beach.png' }).locator('img');
    await thumbnail.waitFor();

    await expect(
      thumbnail.evaluate(async (image: HTMLImageElement) => {
        await image.decode();
        return image.naturalWidth;
      }),
    ).resolves.toBe(40);
    const url = app.url + (await thumbnail.getAttribute('src'));
    expect((await page.request.get(url)).status()).toBe(200);
    expect((await fetch(url)).status).toBe(401);
    await signIn('Ben');
    await page.getByText('Nothing yet.').waitFor();
    expect((await page.request.get(url)).status()).toBe(404);
    await signIn('Nobody');
    expect((await page.request.get(url)).status()).toBe(401);
  });

  async function signIn(user: string): Promise<void> {
    await page.getByLabel(user).check();
    await page.locator('.uppy-Dashboard-AddFiles').waitFor();
  }
});

/** A file of so many KiB of text. */
function textFile(name: string, kib: number): LocalFile {
  const buffer = Buffer.from(randomBytes(kib * 512).toString('hex'));
  return { name, mimeType: 'text/plain', buffer };
}

async function choose(page: Page, files: LocalFile[]): Promise<void> {
  await page.locator('input.uppy-Dashboard-input').first().setInputFiles(files);
}

async function drop(page: Page, files: LocalFile[]): Promise<void> {
  const texts = files.map(({ name, buffer }) => [name, buffer.toString()] as const);
  const dataTransfer = await page.evaluateHandle((all) => {
    const transfer = new DataTransfer();
    all.forEach(([name, text]) =>
      transfer.items.add(new File([text], name, { type: 'text/plain' })),
    );
    return transfer;
  }, texts);
  for (const type of ['dragover', 'drop']) {
    await page.dispatchEvent('.uppy-Dashboard', type, { dataTransfer });
  }
}

async function upload(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^Upload \d+ file/ }).click();
}

async function complete(page: Page): Promise<void> {
  await page.locator('.uppy-StatusBar.is-complete').getByText('Complete').waitFor();
}

/** The first offset that the server tells a client which resumes. */
async function offsetTold(page: Page): Promise<number> {
  const answer = await page.waitForResponse(
    (response) => response.request().method() === 'HEAD' && response.status() === 200,
  );
  return Number(answer.headers()['upload-offset']);
}

async function itemsOf(page: Page, app: SampleApp): Promise<Item[]> {
  return (await (await page.request.get(`${app.url}/uploads`)).json()) as Item[];
}

/** The files that the server has of the user, by name, and their hashes. */
async function finishedBy(page: Page, app: SampleApp): Promise<Map<string, string>> {
  const items = await itemsOf(page, app);
  const entries = items.map(async ({ name, url }) => {
    const response = await page.request.get(app.url + url);
    return [name, sha256Of(await response.body())] as const;
  });
  return new Map(await Promise.all(entries));
}

function noteConcat(request: Request, concats: (string | undefined)[]): void {
  if (request.method() === 'POST') concats.push(request.headers()['upload-concat']);
}

/** What the page's own policy forbids is a fault of the page. */
function noteForbidden(message: ConsoleMessage, forbidden: string[]): void {
  if (/Content Security Policy/i.test(message.text())) forbidden.push(message.text());
}

/** What is not of the registry. */
function uploadsIn(files: string[]): string[] {
  return files.filter((file) => !file.startsWith('.tus'));
}

function hashesOf(files: LocalFile[]): string[] {
  return files.map(({ buffer }) => sha256Of(buffer));
}

function sha256Of(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
