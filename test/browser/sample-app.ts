import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { TestProcess } from '../support/test-process.js';

/** A built sample in a process of its own. */
export class SampleApp {
  private constructor(
    private readonly main: string,
    private readonly env: NodeJS.ProcessEnv,
    private readonly port: number,
    private server: TestProcess,
  ) {}

  /**
   * @param name its folder below `sample`
   * @param env what it reads of its environment, beside platform, host and port
   */
  static async start(
    name: string,
    platform: string,
    env: Record<string, string>,
  ): Promise<SampleApp> {
    const main = fileURLToPath(new URL(`../../../sample/${name}/dist/main.js`, import.meta.url));
    const port = await freePort();
    const all = {
      ...process.env,
      PLATFORM: platform,
      HOST: '127.0.0.1',
      PORT: String(port),
      ...env,
    };
    return new SampleApp(main, all, port, await run(main, all, port));
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Starts it again, on the same port, once it was killed. */
  async restart(): Promise<void> {
    this.server = await run(this.main, this.env, this.port);
  }

  /** Ends it, by default without a chance to do anything about it. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    await this.server.end(signal);
  }

  /** Opens its page, in a new tab. */
  async open(browser: Browser): Promise<Page> {
    const page = await browser.newPage();
    await page.goto(`${this.url}/`);
    return page;
  }
}

/** Makes the network as slow as so many bytes a second; -1 is as fast as it goes. */
export async function slowDown(page: Page, uploadThroughput: number): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: 0,
    downloadThroughput: -1,
    uploadThroughput,
  });
}

/** Waits until the page's progress bar has come so far, in percent. */
export async function progressed(page: Page, percent: number): Promise<void> {
  await page.waitForFunction(
    (least) =>
      Number(document.querySelector('[role=progressbar]')?.getAttribute('aria-valuenow')) >= least,
    percent,
  );
}

async function run(main: string, env: NodeJS.ProcessEnv, port: number): Promise<TestProcess> {
  const server = new TestProcess(main, [], { env, nodeOptions: [] });
  await server.until(() => server.printed.find((line) => line.includes(`localhost:${port}`)));
  return server;
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
