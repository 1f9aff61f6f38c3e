import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { makeTempFolder, removeTempFolder } from '../support/temp-folder.js';
import { graveFaults, overflowOnPhone } from './axe.js';
import { launchChromium } from './chromium.js';
import { SampleApp, slowDown } from './sample-app.js';

const LONG_NAME = `${'a-very-long-name-of-a-file-'.repeat(6)}ä 大.txt`;
const FILE = { name: LONG_NAME, mimeType: 'text/plain', buffer: Buffer.alloc(300_000, 'text ') };

/** Shows what a page has to show: what is on its way, what has ended, what was refused. */
type Use = (page: Page) => Promise<void>;

/**
 * The samples with a page of their own, and how each is filled. That of `05-s3` is the page of
 * `01-basic`, on a store; `s3.browser` looks at it.
 */
const SAMPLES: [sample: string, ...uses: Use[]][] = [
  [
    '01-basic',
    async (page) => {
      await page.setInputFiles('#files', FILE);
      await page.locator('#finished').getByText(LONG_NAME).waitFor();
      await sendSlowly(page, '#files');
      await page.getByRole('button', { name: /^Pause/ }).click();
      await page.getByRole('button', { name: /^Resume/ }).waitFor();
    },
  ],
  [
    '02-endpoint',
    async (page) => {
      const buffer = await page.screenshot({ clip: { x: 0, y: 0, width: 40, height: 30 } });
      await page.setInputFiles('#file', { name: 'me.png', mimeType: 'image/png', buffer });
      await page.locator('#avatar').waitFor();
      await page.setInputFiles('#file', FILE);
      await page.getByRole('alert').filter({ hasText: 'text/plain' }).waitFor();
    },
  ],
  [
    '03-live-progress',
    async (page) => {
      await page.setInputFiles('#files', FILE);
      await page.locator('#ended').getByText(LONG_NAME).waitFor();
      await sendSlowly(page, '#files');
      await page
        .locator('#lanes')
        .getByText(/% of|of 300/)
        .first()
        .waitFor();
    },
  ],
  [
    '07-ietf',
    async (page) => {
      await page.setInputFiles('#file', FILE);
      await page.locator('#received').getByText(LONG_NAME).waitFor();
      await sendSlowly(page, '#file');
      await page.getByRole('button', { name: 'Pause' }).waitFor();
    },
  ],
  [
    '08-uppy',
    async (page) => {
      await page.getByLabel('Ann').check();
      const zip = { name: 'notes.zip', mimeType: 'application/zip', buffer: Buffer.from('PK') };
      await page.locator('input.uppy-Dashboard-input').first().setInputFiles([FILE, zip]);
      await page.getByRole('button', { name: 'Upload 2 files' }).waitFor();
    },
    async (page) => {
      await page.getByRole('button', { name: 'Upload 2 files' }).click();
      await page.getByRole('alert').getByText('notes.zip').waitFor();
      await page.locator('#finished').getByText(LONG_NAME).waitFor();
    },
  ],
  [
    '10-auth',
    async (page) => {
      await page.setInputFiles('#file', FILE);
      await page.locator('#list').getByText(LONG_NAME).waitFor();
    },
  ],
];

describe('The page of the sample', () => {
  let browser: Browser;
  let folder: string;

  beforeAll(async () => {
    folder = await makeTempFolder();
    browser = await launchChromium();
  });

  afterAll(async () => {
    await browser.close();
    await removeTempFolder(folder);
  });

  describe.each(SAMPLES)('%s', (sample, ...uses) => {
    let app: SampleApp;
    let page: Page;

    beforeAll(async () => {
      const data = join(folder, sample);
      app = await SampleApp.start(sample, 'express', { TMP_FILE_DIR: data, DATA_DIR: data });
      page = await app.open(browser);
      await page.waitForLoadState('networkidle');
    });

    afterAll(async () => {
      await page.close();
      await app.kill();
    });

    it('is open to all when it has nothing to show', async () => {
      expect(await graveFaults(page)).toEqual([]);
    });

    it('is open to all when it shows what it has', async () => {
      for (const use of uses) {
        await use(page);
        expect(await graveFaults(page)).toEqual([]);
      }
    });

    it('fits on a phone', async () => {
      expect(await overflowOnPhone(page)).toBe(0);

      expect(await graveFaults(page)).toEqual([]);
    });
  });
});

/** An upload that goes on while a page is looked at. */
async function sendSlowly(page: Page, input: string): Promise<void> {
  await slowDown(page, 2000);
  await page.setInputFiles(input, { ...FILE, name: `slow ${LONG_NAME}` });
}
