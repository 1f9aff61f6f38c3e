import { UseGuards } from '@nestjs/common';
import type { CanActivate, INestApplication } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import {
  PLATFORMS,
  create,
  head,
  listOf,
  offsetOf,
  patch,
  post,
  startApp,
  terminate,
} from '../support/index.js';
import type { PlatformName, StartAppOptions, TestApp } from '../support/index.js';

type Middleware = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

const { static: serveStatic } = createRequire(import.meta.url)('express') as {
  static(folder: string): Middleware;
};

/** What was said of answers that others gave. */
function warningsOf(app: TestApp): string[] {
  return app.logs.of('warn').filter((line) => line.includes('before it reached the routes of'));
}

/** Answers what a method asks for, and lets the rest pass. */
function answer(method: string, status: number): Middleware {
  return (request, response, next) => {
    if (request.method !== method) return next();
    request.resume();
    response.writeHead(status).end();
  };
}

/** Starts an app whose uploads lie in a folder that is served at their path. */
async function startPublic(
  platform: PlatformName,
  serve: (app: INestApplication, folder: string) => void,
): Promise<TestApp> {
  let folder = '';
  return startApp({
    platform,
    imports: (tmpFileDir) => {
      folder = tmpFileDir;
      return [];
    },
    configure: (app) => serve(app, folder),
  });
}

async function expectToBeToldOnceOfHead(app: TestApp): Promise<void> {
  const upload = await create(app, { length: 10, body: 'hello' });
  const asked = { path: `${upload.path}?token=secret` };

  const responses = [await head(app, asked), await head(app, asked)];

  expect(responses.map(({ status }) => status)).toEqual([200, 200]);
  expect(responses[0]!.headers['upload-offset']).toBeUndefined();
  expect(warningsOf(app)).toEqual([
    expect.stringMatching(
      `^HEAD ${upload.path} was answered 200 before .*Leave the upload path out`,
    ),
  ]);
  await app.close();
}

describe.each(PLATFORMS)('On %s, the log tells of an answer on the upload path', (platform) => {
  it('by static files', async () => {
    const app = await startPublic(platform, (nest, folder) => {
      nest.use('/files', serveStatic(folder));
    });

    await expectToBeToldOnceOfHead(app);
  });

  it.each([
    ['HEAD', 204, (app: TestApp, path: string) => head(app, { path })],
    ['PATCH', 200, (app: TestApp, path: string) => patch(app, { path }, { body: 'hello' })],
    ['POST', 200, (app: TestApp) => post(app, { length: 5, body: 'hello' })],
  ])('by middleware to %s', async (method, status, send) => {
    const app = await startApp({
      platform,
      configure: (nest) => void nest.use('/files', answer(method, status)),
    });

    const response = await send(app, `/files/${'0'.repeat(32)}`);

    expect(response.status).toBe(status);
    expect(warningsOf(app)).toEqual([
      expect.stringMatching(new RegExp(`^${method} /files\\S* was answered ${status} before`)),
    ]);
    await app.close();
  });

  it('once for each method, with each instance', async () => {
    const app = await startApp({
      platform,
      configure: (nest) => {
        nest.use('/files', answer('HEAD', 200));
        nest.use('/files', answer('PATCH', 200));
      },
    });
    const upload = await create(app, { length: 5 });

    await Promise.all([head(app, upload), head(app, upload)]);
    await Promise.all([patch(app, upload, { body: 'a' }), patch(app, upload, { body: 'a' })]);

    expect(warningsOf(app)).toHaveLength(2);
    await app.close();
  });
});

class NoGuard implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

describe.each(PLATFORMS)('On %s, the log tells nothing', (platform) => {
  const silently = async (
    options: Partial<StartAppOptions>,
    use: (app: TestApp) => Promise<void>,
  ) => {
    const app = await startApp({ platform, ...options });
    await use(app);
    expect(warningsOf(app)).toEqual([]);
    await app.close();
  };

  it('of answers of its own', () =>
    silently({ tus: { download: true } }, async (app) => {
      const upload = await create(app, { length: 10, body: 'hello' });
      await patch(app, upload, { offset: 5, body: 'world' });
      await app.finished.of(upload.id);
      expect(await offsetOf(app, upload)).toBe(10);
      expect((await app.request({ path: upload.path })).text).toBe('helloworld');
      expect((await app.request({ method: 'HEAD', path: upload.path })).status).toBe(200);
      expect((await terminate(app, await create(app, { length: 5 }))).status).toBe(204);
    }));

  it('of refusals by guards and middleware', () =>
    silently(
      {
        tus: { decorators: [UseGuards(NoGuard)] },
        configure: (nest) => void nest.use('/files', answer('HEAD', 401)),
      },
      async (app) => {
        expect((await post(app, { length: 5 })).status).toBe(403);
        expect((await head(app, { path: `/files/${'0'.repeat(32)}` })).status).toBe(401);
      },
    ));

  it('of preflights that enableCors() answers', () =>
    silently({ configure: (nest) => nest.enableCors() }, async (app) => {
      const { headers } = await app.request({
        method: 'OPTIONS',
        path: '/files',
        headers: { Origin: 'https://app.example', 'Access-Control-Request-Method': 'PATCH' },
      });

      expect(listOf(headers['access-control-allow-methods'])).toContain('PATCH');
    }));
});

describe('On express, the log tells of an answer on the upload path', () => {
  it('by useStaticAssets()', async () => {
    const app = await startPublic('express', (nest, folder) => {
      (nest as NestExpressApplication).useStaticAssets(folder, { prefix: '/files' });
    });

    await expectToBeToldOnceOfHead(app);
  });

  it('by a route of Express’s own', async () => {
    const app = await startApp({
      platform: 'express',
      configure: (nest) => {
        const express = nest.getHttpAdapter().getInstance() as {
          get(path: string, handler: Middleware): void;
        };
        express.get('/files/:name', (_request, response) => void response.writeHead(200).end());
      },
    });

    await expectToBeToldOnceOfHead(app);
  });
});
