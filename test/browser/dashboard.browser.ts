import { once } from 'node:events';
import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { makeTempFolder, removeTempFolder } from '../support/temp-folder.js';
import { encodeMetadata, OCTETS, TUS } from '../support/tus-client.js';
import { graveFaultsNow } from './axe.js';
import { launchChromium } from './chromium.js';
import { SampleApp } from './sample-app.js';

const SECRET = { httpCredentials: { username: 'admin', password: 'secret' } };

/** What a client has said of its file that would like to be HTML. */
const HOSTILE = '<img src=x onerror=alert(1)>';

describe.each(['express', 'fastify'])('The operations page, on %s', (platform) => {
  let browser: Browser;
  let folder: string;
  let app: SampleApp;
  /** All that consoles have said, violations of the policy included. */
  const said: string[] = [];

  beforeAll(async () => {
    folder = await makeTempFolder();
    const env = { TMP_FILE_DIR: join(folder, 'uploads'), ADMIN_PASSWORD: 'secret' };
    app = await SampleApp.start('09-operations', platform, env);
    browser = await launchChromium();
  });

  afterAll(async () => {
    await browser.close();
    await app.kill();
    await removeTempFolder(folder);
  });

  async function open(options: BrowserContextOptions = {}, url = app.url): Promise<Page> {
    const context = await browser.newContext({ ...SECRET, ...options });
    const page = await context.newPage();
    page.on('console', (message) => said.push(message.text()));
    page.on('pageerror', (error) => said.push(String(error)));
    page.on('dialog', (dialog) => said.push(dialog.message()));
    await page.goto(`${url}/operations`);
    await page.getByText('Live', { exact: true }).waitFor();
    return page;
  }

  const rowOf = (page: Page, section: string, name: string) =>
    page.locator(`#${section} tbody tr`, { hasText: name });

  it('is for those who know the password', async () => {
    for (const path of ['operations', 'operations/assets/main.js', 'operations/api/overview']) {
      const response = await fetch(`${app.url}/${path}`);
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toMatch(/^Basic /);
    }
  });

  it('shows an upload as it comes, and once it is finished', async () => {
    const page = await open();
    const id = await create(app, { name: 'film.mp4', length: 4000, user: 'ann' });
    const row = rowOf(page, 'receiving', 'film.mp4');
    await row.waitFor();

    await append(app, id, 0, 1000);
    await row.getByText('25 % · 1.00 kB of 4.00 kB').waitFor();
    await append(app, id, 1000, 2000);
    await row.getByText('75 %').waitFor();
    expect(await row.locator('progress').evaluate((bar: HTMLProgressElement) => bar.value)).toBe(
      0.75,
    );
    const before = await page.locator('#plot .line').getAttribute('d');
    await append(app, id, 3000, 1000);

    await row.waitFor({ state: 'detached' });
    await rowOf(page, 'search', 'film.mp4').waitFor();
    // The plot moves, and has what came.
    await page.waitForFunction(
      (earlier) => document.querySelector('#plot .line')?.getAttribute('d') !== earlier,
      before,
    );
    await page.getByText('4.00 kB in five minutes').waitFor();
    await page.context().close();
  });

  it('tries again what was given up, one by one and all', async () => {
    const page = await open();
    for (const name of ['broken-1', 'broken-2', 'broken-3']) await send(app, name);
    const button = page.getByRole('button', { name: 'Retry import for broken-1' });
    await button.waitFor();
    await page.getByText('The file ends in the middle of a frame.').first().waitFor();
    await fetch(`${app.url}/importer/mended`, { method: 'POST' });

    await button.click();
    await page.getByText('1 delivery is tried again.').waitFor();
    await rowOf(page, 'deliveries', 'broken-1').waitFor({ state: 'detached' });

    await page.getByRole('button', { name: 'Retry import for broken-3' }).waitFor();
    await page.getByRole('button', { name: 'Retry all given up' }).click();
    await page.getByText('2 deliveries are tried again.').waitFor();
    await rowOf(page, 'deliveries', 'broken').first().waitFor({ state: 'detached' });
    await page.context().close();
  });

  it('releases and removes what is quarantined, and asks before it removes', async () => {
    const page = await open();
    await send(app, 'suspicious-1');
    await send(app, 'suspicious-2');
    await page.getByRole('button', { name: 'Release suspicious-1' }).click();
    await page.getByText('suspicious-1 is released.').waitFor();
    await rowOf(page, 'quarantine', 'suspicious-1').waitFor({ state: 'detached' });
    await rowOf(page, 'search', 'suspicious-1').waitFor();

    const remove = page.getByRole('button', { name: 'Remove suspicious-2' });
    await remove.click();
    await page.getByRole('button', { name: 'Cancel' }).click();
    expect(await rowOf(page, 'quarantine', 'suspicious-2').count()).toBe(1);

    await remove.click();
    await page.getByRole('button', { name: 'Remove', exact: true }).click();
    await page.getByText('suspicious-2 is removed.').waitFor();
    await rowOf(page, 'quarantine', 'suspicious-2').waitFor({ state: 'detached' });
    await page.context().close();
  });

  it('searches by name, owner and id', async () => {
    const id = await send(app, 'Report of May.pdf', 'dora');
    await send(app, 'Report of June.pdf', 'emil');
    const page = await open();
    const rows = page.locator('#search-rows tr');
    const search = async (by: string, text: string) => {
      await page.locator('#search-form [name=by]').selectOption({ label: by });
      await page.locator('#search-form [name=text]').fill(text);
      await page.getByRole('button', { name: 'Search', exact: true }).click();
    };

    await search('Name', 'report of');
    await page.getByText('2 uploads shown; these are all.').waitFor();
    await search('Owner', 'emil');
    await page.getByText('1 upload shown; these are all.').waitFor();
    expect(await rows.getByRole('button').allTextContents()).toEqual(['Report of June.pdf']);
    await page.getByText('emil has 1 upload with 9 bytes').waitFor();
    await search('Id', id);
    await rows.getByText('Report of May.pdf').waitFor();
    await page.context().close();
  });

  it('shows what clients say of their files as text', async () => {
    await send(app, 'hostile', HOSTILE, { note: HOSTILE, [HOSTILE.replace(/[ ,]/g, '_')]: 'x' });
    const page = await open();

    await rowOf(page, 'search', HOSTILE).waitFor();
    await rowOf(page, 'search', HOSTILE).getByRole('button').click();
    await page.locator('dialog[open]').getByText(HOSTILE).first().waitFor();

    expect(await page.locator('img').count()).toBe(0);
    await page.context().close();
  });

  it('can be used without a mouse', async () => {
    const page = await open();
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe(
      'Skip to the content',
    );
    const name = page.locator('#search-rows button').first();
    await name.focus();
    await page.keyboard.press('Enter');
    await page.locator('dialog[open]').waitFor();
    await page.keyboard.press('Escape');
    await page.locator('dialog[open]').waitFor({ state: 'detached' });
    expect(await name.evaluate((button) => button === document.activeElement)).toBe(true);

    const pause = page.getByRole('button', { name: 'Pause' });
    await pause.focus();
    await page.keyboard.press('Space');
    await page.getByText('Paused', { exact: true }).waitFor();
    await page.keyboard.press('Space');
    await page.getByText('Live', { exact: true }).waitFor();
    await page.context().close();
  });

  it.each(['light', 'dark'] as const)('has no serious fault for axe, %s', async (colorScheme) => {
    await create(app, { name: 'on its way', length: 10, user: 'ann' });
    await send(app, `suspicious-${colorScheme}`);
    const page = await open({ colorScheme });
    await rowOf(page, 'quarantine', `suspicious-${colorScheme}`).waitFor();
    await page.locator('#search-rows tr').first().waitFor();

    expect(await graveFaultsNow(page)).toEqual([]);
    await page.getByRole('button', { name: `Remove suspicious-${colorScheme}` }).click();
    expect(await graveFaultsNow(page)).toEqual([]);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.locator('#search-rows button').first().click();
    await page.locator('#details[open]').waitFor();
    expect(await graveFaultsNow(page)).toEqual([]);
    await page.context().close();
  });

  it('fits a phone', async () => {
    const long = 'a-name-that-has-no-place-to-break-and-goes-on-'.repeat(4);
    await send(app, `suspicious-${long}`, `owner-${long}`);
    const page = await open({
      viewport: { width: 360, height: 740 },
      hasTouch: true,
      isMobile: true,
    });
    await rowOf(page, 'quarantine', long).waitFor();

    const width = () => page.evaluate(() => document.documentElement.scrollWidth);
    expect(await width()).toBe(360);
    expect(await graveFaultsNow(page)).toEqual([]);
    await rowOf(page, 'quarantine', long).getByRole('button').first().click();
    await page.locator('#details[open]').waitFor();
    expect(await width()).toBe(360);
    await page.context().close();
  });

  it('works behind a proxy that adds a prefix', async () => {
    const proxy = await PrefixProxy.start(app.url);
    const page = await open({}, `${proxy.url}/some/prefix`);
    await send(app, 'suspicious-3');

    await page.getByRole('button', { name: 'Release suspicious-3' }).click();
    await page.getByText('suspicious-3 is released.').waitFor();
    await page.context().close();
    await proxy.close();
  });

  it('breaks no rule of its policy, and has nothing to complain of', () => {
    expect(said).toEqual([]);
  });

  it('says when the app is gone, and goes on when it is back', async () => {
    const page = await open();
    await app.kill();
    await page.getByText('No connection', { exact: true }).waitFor();
    await app.restart();
    await page.getByText('Live', { exact: true }).waitFor();
    await page.context().close();
  });
});

interface NewUpload {
  readonly name: string;
  readonly length: number;
  readonly user: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** @returns the id of a new upload */
async function create(
  app: SampleApp,
  { name, length, user, metadata }: NewUpload,
): Promise<string> {
  const headers = {
    ...TUS,
    'Upload-Length': `${length}`,
    'Upload-Metadata': encodeMetadata({ filename: name, ...metadata }),
    'X-User': user,
  };
  const response = await fetch(`${app.url}/files`, { method: 'POST', headers });
  expect(response.status).toBe(201);
  return response.headers.get('location')?.split('/').pop() ?? '';
}

async function append(app: SampleApp, id: string, offset: number, bytes: number, user = 'ann') {
  const headers = { ...TUS, 'Content-Type': OCTETS, 'Upload-Offset': `${offset}`, 'X-User': user };
  const body = new Uint8Array(bytes);
  return fetch(`${app.url}/files/${id}`, { method: 'PATCH', headers, body });
}

/** Sends a whole file, whatever becomes of it. */
async function send(
  app: SampleApp,
  name: string,
  user = 'ann',
  metadata?: Readonly<Record<string, string>>,
): Promise<string> {
  const id = await create(app, { name, length: 9, user, metadata });
  await append(app, id, 0, 9, user);
  return id;
}

/** Serves an app below `/some/prefix`, of which the app knows nothing. */
class PrefixProxy {
  private constructor(private readonly server: Server) {}

  static async start(target: string): Promise<PrefixProxy> {
    const server = createServer((request, response) => {
      const url = target + (request.url ?? '').replace('/some/prefix', '');
      const { method, headers } = request;
      const forwarded = httpRequest(url, { method, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      request.pipe(forwarded);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return new PrefixProxy(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}
