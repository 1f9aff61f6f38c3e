import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { NestFactory } from '@nestjs/core';
import type { AbstractHttpAdapter } from '@nestjs/core';
import type { DynamicModule, INestApplication, ModuleMetadata } from '@nestjs/common';
import type { NestApplicationOptions } from '@nestjs/common';
import { TusModule, TusService } from '../../lib/index.js';
import { registryOf } from './app-registry.js';
import { storageOf } from './app-storage.js';
import { FinishedRecorder } from './finished-recorder.js';
import { request } from './http-client.js';
import type { HttpRequest, HttpResponse, HttpTarget } from './http-client.js';
import { endAfterSpec } from './leftovers.js';
import { CollectedLogs, LogCollector } from './log-collector.js';
import { ADAPTERS } from './platforms.js';
import type { PlatformName } from './platforms.js';
import { RawConnection } from './raw-http.js';
import { makeTempFolder, removeTempFolder } from './temp-folder.js';

/** What `TusModule.forRoot()` takes. */
export type TusOptions = NonNullable<Parameters<typeof TusModule.forRoot>[0]>;

type Imports = NonNullable<ModuleMetadata['imports']>;

export interface StartAppOptions {
  readonly platform: PlatformName;
  /**
   * Options of the module, `tmpFileDir` filled in; `false`: the test imports the module itself,
   * with its own `FinishedRecorder` if it wants one.
   */
  readonly tus?: TusOptions | false;
  /** Further imports; as a function they are told the app's `tmpFileDir`. */
  readonly imports?: Imports | ((tmpFileDir: string) => Imports);
  readonly controllers?: ModuleMetadata['controllers'];
  readonly providers?: ModuleMetadata['providers'];
  /** Whether the platform believes forwarded headers, or of which address; off unless set. */
  readonly trustProxy?: boolean | string;
  /** Options of TLS, for the server of Express; that of Fastify has them from its adapter. */
  readonly httpsOptions?: NestApplicationOptions['httpsOptions'];
  /** Adapter to use in place of the platform's usual one. */
  readonly adapter?: AbstractHttpAdapter;
  /** Called before the app starts, where a `main.ts` would call `enableCors()` and the like. */
  readonly configure?: (app: INestApplication) => void | Promise<void>;
  /** Whether to listen on a free port, as it does unless set; else only `init()` is called. */
  readonly listen?: boolean;
  /** Folder of an earlier app to go on with; it is not removed on `close()`. */
  readonly tmpFileDir?: string;
}

const collector = new LogCollector();

/** A running app with the module in it, its folder, and what a test asks of it. */
export class TestApp implements HttpTarget {
  readonly host = '127.0.0.1';
  readonly logs = new CollectedLogs(collector);

  private readonly connections: RawConnection[] = [];
  /** Says that it has ended, and needs no end after its spec. */
  readonly forget = endAfterSpec(() => this.close());

  constructor(
    readonly nest: INestApplication,
    /** Where uploads lie. */
    readonly tmpFileDir: string,
    /** The folder around `tmpFileDir` that is removed with the app. */
    readonly folder: string | undefined,
  ) {}

  get port(): number {
    return (this.nest.getHttpServer().address() as AddressInfo).port;
  }

  /** `http://127.0.0.1:<port>`. */
  get url(): string {
    return `http://${this.host}:${this.port}`;
  }

  /** The service of the unnamed instance. */
  get tus(): TusService {
    return this.nest.get(TusService, { strict: false });
  }

  /** What the app's handler was told. */
  get finished(): FinishedRecorder {
    return this.nest.get(FinishedRecorder, { strict: false });
  }

  /** Sends an ordinary request. */
  request(options: HttpRequest): Promise<HttpResponse> {
    return request(this, options);
  }

  /** Opens a raw connection, dropped on `close()` at the latest. */
  async connect(): Promise<RawConnection> {
    const connection = await RawConnection.open(this);
    this.connections.push(connection);
    return connection;
  }

  /** Stops the app and removes its folder; what a test leaves open is closed after its file. */
  async close(): Promise<void> {
    this.forget();
    this.connections.forEach((connection) => connection.destroy());
    await this.nest.close();
    if (this.folder !== undefined) {
      await removeTempFolder(this.folder);
    }
  }
}

/**
 * Starts an app on a free port, with `TusModule.forRoot()` and a handler that records.
 *
 * Nothing is printed; what is logged can be asked for. When the start fails, its folder is removed
 * and the failure thrown. For tests only: processes that tests start have no Jest to close the app.
 */
export async function startApp(options: StartAppOptions): Promise<TestApp> {
  const folder = options.tmpFileDir === undefined ? await makeTempFolder() : undefined;
  const tmpFileDir = options.tmpFileDir ?? join(folder!, 'uploads');
  try {
    return await startIn(tmpFileDir, folder, options);
  } catch (error) {
    if (folder !== undefined) {
      await removeTempFolder(folder);
    }
    throw error;
  }
}

async function startIn(
  tmpFileDir: string,
  folder: string | undefined,
  options: StartAppOptions,
): Promise<TestApp> {
  const { platform, trustProxy, httpsOptions, adapter, configure, listen = true } = options;
  const nest = await NestFactory.create(
    await rootModule(tmpFileDir, options),
    adapter ?? ADAPTERS[platform]({ trustProxy }),
    { logger: collector, abortOnError: false, httpsOptions },
  );
  const app = new TestApp(nest, tmpFileDir, folder);
  try {
    await configure?.(nest);
    await (listen ? nest.listen(0, app.host) : nest.init());
  } catch (error) {
    app.forget();
    await nest.close();
    throw error;
  }
  if (folder !== undefined) await recovered(app, options);
  return app;
}

/**
 * Waits until an app has looked for what a last end may have left, which it does beside everything else:
 * nothing, in a folder that is new, but a test's first upload would be found while the test changes it.
 */
async function recovered(app: TestApp, { tus }: StartAppOptions): Promise<void> {
  if (tus === false || tus?.background === false) return;
  while (!app.tus.stats().recovery) await delay(1);
}

async function rootModule(tmpFileDir: string, options: StartAppOptions): Promise<DynamicModule> {
  const { factory: storage } = await storageOf(tmpFileDir);
  const registry = await registryOf(tmpFileDir);
  const { tus = {}, imports = [], controllers = [], providers = [] } = options;
  const others = typeof imports === 'function' ? imports(tmpFileDir) : imports;
  return {
    module: class TestRootModule {},
    imports:
      tus === false
        ? others
        : [TusModule.forRoot({ tmpFileDir, storage, registry, ...tus }), ...others],
    controllers,
    providers: tus === false ? providers : [FinishedRecorder, ...providers],
  };
}

/**
 * One app for all tests of a `describe`: started before the first, closed after the last.
 *
 * @returns the running app, to be asked for inside tests.
 */
export function useApp(options: StartAppOptions): () => TestApp {
  let app: TestApp | undefined;
  beforeAll(async () => {
    app = await startApp(options);
  });
  afterAll(() => app?.close());
  return () => {
    if (!app) {
      throw new Error('The app runs only inside tests.');
    }
    return app;
  };
}
