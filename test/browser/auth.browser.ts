import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { makeTempFolder, removeTempFolder } from '../support/temp-folder.js';
import { TUS } from '../support/tus-client.js';
import { launchChromium } from './chromium.js';
import { SampleApp, slowDown } from './sample-app.js';

const MIB = 1024 * 1024;

interface Item {
  readonly id: string;
  readonly filename: string;
  readonly state: string;
}

describe.each(['express', 'fastify'])('The sample of who may upload, on %s', (platform) => {
  let browser: Browser;
  let folder: string;
  let app: SampleApp;

  beforeAll(async () => {
    folder = await makeTempFolder();
    const env = { TMP_FILE_DIR: join(folder, 'uploads'), TOKEN_LIFETIME: '4' };
    app = await SampleApp.start('10-auth', platform, env);
    browser = await launchChromium();
  });

  afterAll(async () => {
    await browser.close();
    await app.kill();
    await removeTempFolder(folder);
  });

  it('lets an upload outlive its token, and shows it to its user alone', async () => {
    const page = await app.open(browser);
    await page.locator('#list').waitFor({ state: 'attached' });
    const file = join(folder, 'film.mp4');
    await writeFile(file, Buffer.alloc(6 * MIB));
    await slowDown(page, MIB);

    await page.setInputFiles('#file', file);

    await page
      .locator('#facts')
      .getByText(/^Done · tokens: [3-9]$/)
      .waitFor();
    await page.locator('#list li').filter({ hasText: 'film.mp4 finished' }).waitFor();
    await page.getByLabel('Ben of beta').check();
    await page.locator('#list').getByText('film.mp4').waitFor({ state: 'detached' });
  });

  it('keeps users and tenants from each other', async () => {
    const [ann, ben] = await Promise.all([tokenOf(app, 'ann'), tokenOf(app, 'ben')]);
    const created = await begin(app, 'acme', ann);
    expect(created.status).toBe(201);
    const path = created.headers.get('location') ?? '';

    const statusOf = async (target: string, token?: string) =>
      (await ask(app, target, 'HEAD', token)).status;
    expect(await statusOf(path, ann)).toBe(200);
    expect(await statusOf(path)).toBe(401);
    expect(await statusOf(path, ben)).toBe(403);
    expect(await statusOf(path.replace('acme', 'beta'), ben)).toBe(404);
    expect((await begin(app, 'acme', ben)).status).toBe(403);
    expect((await begin(app, 'acme')).status).toBe(401);
  });

  it('gives routes of the app’s own the uploads of their user', async () => {
    const [ann, ben] = await Promise.all([tokenOf(app, 'ann'), tokenOf(app, 'ben')]);
    const { headers } = await begin(app, 'acme', ann);
    const id = headers.get('location')?.split('/').pop() ?? '';

    const list = (await (await ask(app, '/tenants/acme/uploads', 'GET', ann)).json()) as Item[];
    const others = (await (await ask(app, '/tenants/beta/uploads', 'GET', ben)).json()) as Item[];
    const one = await ask(app, `/tenants/acme/uploads/${id}`, 'GET', ann);
    const another = await ask(app, `/tenants/beta/uploads/${id}`, 'GET', ben);

    expect(list.map((item) => item.id)).toContain(id);
    expect(others).toEqual([]);
    expect([one.status, another.status]).toEqual([200, 404]);
  });
});

async function tokenOf(app: SampleApp, user: string): Promise<string> {
  const response = await fetch(`${app.url}/sessions/${user}`, { method: 'POST' });
  const { token } = (await response.json()) as { token: string };
  return token;
}

function begin(app: SampleApp, tenant: string, token?: string): Promise<Response> {
  return ask(app, `/tenants/${tenant}/files`, 'POST', token, { 'Upload-Length': '5' });
}

function ask(
  app: SampleApp,
  path: string,
  method: string,
  token?: string,
  headers: Record<string, string> = {},
): Promise<Response> {
  const authorization = token === undefined ? undefined : { Authorization: `Bearer ${token}` };
  return fetch(app.url + path, { method, headers: { ...TUS, ...authorization, ...headers } });
}
