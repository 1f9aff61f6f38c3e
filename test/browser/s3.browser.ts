import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { startStore, stopStore } from '../support/s3/start-store.js';
import { storeAccess, TestBucket } from '../support/s3/store.js';
import { makeTempFolder, removeTempFolder } from '../support/temp-folder.js';
import { graveFaults, overflowOnPhone } from './axe.js';
import { launchChromium } from './chromium.js';
import { progressed, SampleApp, slowDown } from './sample-app.js';

const SIZE = 12 * 1024 * 1024;

/** What the keys of the sample's uploads begin with. */
const PREFIX = 'uploads/';

let browser: Browser;
let folder: string;

beforeAll(async () => {
  await startStore();
  folder = await makeTempFolder();
  browser = await launchChromium();
});

afterAll(async () => {
  await browser?.close();
  await removeTempFolder(folder);
  await stopStore();
});

describe.each(['express', 'fastify'])('The S3 sample on %s', (platform) => {
  let bucket: TestBucket;
  let app: SampleApp;

  beforeAll(async () => {
    bucket = new TestBucket();
    await bucket.make();
    const { endpoint, region, accessKeyId, secretAccessKey } = storeAccess();
    app = await SampleApp.start('05-s3', platform, {
      TMP_FILE_DIR: join(folder, platform),
      S3_BUCKET: bucket.name,
      S3_ENDPOINT: endpoint,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
    });
  });

  afterAll(async () => {
    await app?.kill();
    await bucket.remove();
  });

  it('brings a file into the bucket, also when the server is killed, and gives it from there', async () => {
    const page = await app.open(browser);
    const file = join(folder, `${platform}.bin`);
    const content = Buffer.alloc(SIZE, platform);
    await writeFile(file, content);
    await slowDown(page, 4 * 1024 * 1024);
    await page.setInputFiles('#files', file);
    await page.locator('#transfers [role=progressbar]').waitFor();
    await progressed(page, 20);

    await app.kill();
    await app.restart();
    await page.reload();
    await slowDown(page, -1);
    await page.locator('#unfinished').getByText(`${platform}.bin`).waitFor();
    await page.setInputFiles('#files', file);
    const row = page.locator('#finished').getByText(`${platform}.bin`);
    await row.waitFor();

    const [key = '', ...others] = await bucket.all();
    expect([key.startsWith(PREFIX), others]).toEqual([true, []]);
    expect((await bucket.get(key)).equals(content)).toBe(true);
    const started = page.waitForEvent('download');
    await row.click();
    const download = await started;
    expect(new URL(download.url()).pathname).toBe(`/${bucket.name}/${key}`);
    expect(sha256Of(await readFile(await download.path()))).toBe(sha256Of(content));
    expect(await graveFaults(page)).toEqual([]);
    expect(await overflowOnPhone(page)).toBe(0);
    await page.close();
  });
});

function sha256Of(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
