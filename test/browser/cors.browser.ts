import { UseGuards, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { PLATFORMS, useApp, type TestApp } from '../support/index.js';
import { launchChromium } from './chromium.js';

const SIZE = 3 * 1024 * 1024;
const CLIENT = new URL(import.meta.resolve('tus-js-client/dist/tus.min.js'));

/** Lets in who has a session, which is kept in a cookie. */
class SessionGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<IncomingMessage>();
    return headers.cookie === 'session=ann';
  }
}

/** What the page's script leaves where the test can read it. */
interface Outcome {
  readonly url?: string;
  readonly error?: string;
}

describe.each(PLATFORMS)('A page of another origin on %s', (platform) => {
  let browser: Browser;
  let site: Server;
  let page: Page;

  beforeAll(async () => {
    const client = await readFile(CLIENT, 'utf8');
    site = createServer((_req, res) => {
      res.setHeader('Content-Type', 'text/html');
      res.end(`<!doctype html><script>${client}</script>`);
    });
    await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
    browser = await launchChromium();
    page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(site.address() as AddressInfo).port}/`);
  });

  afterAll(async () => {
    await browser.close();
    await new Promise((resolve) => site.close(resolve));
  });

  describe('with enableCors() of the app', () => {
    const app = useApp({ platform, configure: (nest) => nest.enableCors() });

    it('uploads in chunks, resumes and ends an upload', () => expectUpload(app(), page));
  });

  describe('with the cors option of the module', () => {
    const app = useApp({ platform, tus: { cors: true } });

    it('uploads in chunks, resumes and ends an upload', () => expectUpload(app(), page));
  });

  describe('with credentials, for a guard that reads a cookie', () => {
    const cors = { origin: /^http:\/\/127\.0\.0\.1:\d+$/, credentials: true };
    const app = useApp({ platform, tus: { cors, decorators: [UseGuards(SessionGuard)] } });

    beforeAll(() => page.context().addCookies([{ name: 'session', value: 'ann', url: app().url }]));

    it('uploads in chunks, resumes and ends an upload', () => expectUpload(app(), page, true));

    it('is refused without them, in words that the page can read', async () => {
      const outcome = await upload(page, `${app().url}/files`, SIZE);

      expect(outcome.error).toMatch(/response code: 403.*Forbidden resource/);
    });
  });

  describe('with no CORS at all', () => {
    const app = useApp({ platform });

    it('is refused by the browser', async () => {
      const outcome = await upload(page, `${app().url}/files`, SIZE);

      expect(outcome.error).toContain('tus: failed to create upload');
      expect((await app().tus.list()).items).toEqual([]);
    });
  });
});

async function expectUpload(app: TestApp, page: Page, withCredentials = false): Promise<void> {
  const outcome = await upload(page, `${app.url}/files`, SIZE, withCredentials);
  expect(outcome).toEqual({ url: expect.stringContaining(`${app.url}/files/`) });

  const finished = await app.finished.next();
  expect(finished.filename).toBe('größe 大.bin');
  expect((await readFile(finished.path)).equals(Buffer.alloc(SIZE, 7))).toBe(true);
}

/** Uploads in the page, in chunks, aborted once and resumed from its URL. */
function upload(
  page: Page,
  endpoint: string,
  size: number,
  withCredentials = false,
): Promise<Outcome> {
  return page.evaluate(
    ([url, bytes, credentials]) =>
      new Promise<Outcome>((resolve) => {
        const { tus } = globalThis as unknown as { tus: typeof import('tus-js-client') };
        const file = new Blob([new Uint8Array(bytes).fill(7)]);
        let aborted = false;
        const sent = new tus.Upload(file, {
          endpoint: url,
          chunkSize: 1024 * 1024,
          retryDelays: null,
          // As Uppy's `withCredentials` does.
          onBeforeRequest: (request) => {
            const xhr = request.getUnderlyingObject() as XMLHttpRequest;
            xhr.withCredentials = credentials;
          },
          metadata: { filename: 'größe 大.bin' },
          onError: (error) => resolve({ error: error.message }),
          onSuccess: () => resolve({ url: sent.url ?? undefined }),
          onChunkComplete: () => {
            if (aborted) return;
            aborted = true;
            void sent.abort().then(() => sent.start());
          },
        });
        sent.start();
      }),
    [endpoint, size, withCredentials] as const,
  );
}
