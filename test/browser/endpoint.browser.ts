import type { Browser, Page } from 'playwright-core';
import { listFiles, makeTempFolder, removeTempFolder } from '../support/temp-folder.js';
import { launchChromium } from './chromium.js';
import { progressed, SampleApp, slowDown } from './sample-app.js';

const MB = 1_000_000;

describe.each(['express', 'fastify'])('The sample of an endpoint on %s', (platform) => {
  let browser: Browser;
  let folder: string;
  let app: SampleApp;
  let picture: Buffer;

  beforeAll(async () => {
    folder = await makeTempFolder();
    app = await SampleApp.start('02-endpoint', platform, { DATA_DIR: folder });
    browser = await launchChromium();
    const page = await app.open(browser);
    picture = await page.screenshot({ clip: { x: 0, y: 0, width: 40, height: 30 } });
  });

  afterAll(async () => {
    await browser.close();
    await app.kill();
    await removeTempFolder(folder);
  });

  /** The picture, and so many bytes behind it, which viewers pass over. */
  function padded(bytes: number): Buffer {
    return Buffer.concat([picture, Buffer.alloc(bytes)]);
  }

  it('shows the new avatar in place, and what the method returned', async () => {
    const page = await app.open(browser);
    expect(await page.locator('#avatar').isVisible()).toBe(false);

    await choose(page, 'beach.png', picture);
    await told(page, 'beach.png is your avatar now.');

    await page.locator('#avatar').waitFor();
    expect(await widthOf(page, '#avatar')).toBe(40);
    const answer = JSON.parse((await page.textContent('#answer')) ?? '') as Record<string, string>;
    expect(answer).toMatchObject({ type: 'image/png', size: picture.length });
    const served = await fetch(`${app.url}${answer['url']}`);
    expect(Buffer.from(await served.arrayBuffer()).equals(picture)).toBe(true);
    expect(served.headers.get('etag')).toBe(answer['etag']);
  });

  it('pauses, resumes, and keeps one picture of each user', async () => {
    const page = await app.open(browser);
    const larger = padded(4 * MB);
    await slowDown(page, MB);
    await choose(page, 'larger.png', larger);
    await progressed(page, 20);

    await page.click('#pause');
    await told(page, 'Paused');
    await slowDown(page, -1);
    await page.click('#resume');
    await told(page, 'larger.png is your avatar now.');

    expect((await avatarOf(app, 'ann')).equals(larger)).toBe(true);
    expect(await listFiles(`${folder}/avatars/ann`)).toHaveLength(1);
  });

  it.each([
    ['a text', 'notes.txt', () => Buffer.from('Buy milk.'), 'this is text/plain'],
    [
      'a text that says it is a picture',
      'notes.png',
      () => Buffer.from('Buy milk.'),
      'a PNG, JPEG',
    ],
    ['a picture that is too large', 'huge.png', () => padded(5 * MB), 'less than 5 MB'],
    ['a file that is much too large', 'film.mp4', () => Buffer.alloc(11 * MB), 'at most 10485760'],
  ])('shows why the server refuses %s', async (_what, name, bytes, words) => {
    const page = await app.open(browser);
    const before = await avatarOf(app, 'ann');

    await choose(page, name, bytes());
    await told(page, words, 'alert');

    expect(await page.locator('#preview').isVisible()).toBe(false);
    expect((await avatarOf(app, 'ann')).equals(before)).toBe(true);
    expect(uploadsIn(await listFiles(`${folder}/uploads`))).toEqual([]);
  });

  it('lets nobody in who is not signed in, and gives each user an avatar of their own', async () => {
    const page = await app.open(browser);
    await page.getByLabel('Nobody').check();
    await choose(page, 'beach.png', picture);
    await told(page, 'Sign in', 'alert');

    await page.getByLabel('Ben').check();
    await choose(page, 'beach.png', picture);
    await told(page, 'beach.png is your avatar now.');

    expect((await avatarOf(app, 'ben')).equals(picture)).toBe(true);
    expect((await avatarOf(app, 'ann')).equals(picture)).toBe(false);
  });
});

function choose(page: Page, name: string, buffer: Buffer): Promise<void> {
  const mimeType = name.endsWith('.png') ? 'image/png' : 'text/plain';
  return page.setInputFiles('#file', { name, mimeType, buffer });
}

/** Waits until the page says so, to those too who cannot see it. */
function told(page: Page, words: string, role: 'alert' | 'status' = 'status'): Promise<void> {
  return page.getByRole(role).filter({ hasText: words }).waitFor();
}

function widthOf(page: Page, selector: string): Promise<number> {
  return page.locator(selector).evaluate((image: HTMLImageElement) => image.naturalWidth);
}

async function avatarOf(app: SampleApp, user: string): Promise<Buffer> {
  const response = await fetch(`${app.url}/users/${user}/avatar`);
  return Buffer.from(await response.arrayBuffer());
}

/** What is not of the registry. */
function uploadsIn(files: string[]): string[] {
  return files.filter((file) => !file.startsWith('.tus'));
}
