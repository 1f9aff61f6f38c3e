import { Body, Controller, Module, Post, UseGuards } from '@nestjs/common';
import type { CanActivate, ExecutionContext, INestApplication } from '@nestjs/common';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { createRequire } from 'node:module';
import { TusEndpoint, TusModule } from '../../lib/index.js';
import {
  FinishedRecorder,
  PLATFORMS,
  TUS,
  create,
  expectRefused,
  listOf,
  offsetOf,
  patch,
  startApp,
  storedBytes,
  useApp,
} from '../support/index.js';
import type { HeaderValues, PlatformName } from '../support/index.js';

type Handler = (...args: unknown[]) => unknown;

type Methods = Record<string, (...args: unknown[]) => unknown>;

const VERBS = ['get', 'head', 'post', 'put', 'patch', 'delete', 'options', 'all'];

/** An agent that watches requests. It takes handlers for functions, and loses what lies on them. */
class Agent {
  calls = 0;

  wrap(handler: Handler): Handler {
    return (...args) => {
      this.calls++;
      return handler(...args);
    };
  }

  /** Wraps what the methods of a platform, or of an adapter, are given. */
  wrapArguments(target: object): void {
    const methods = target as Methods;
    for (const verb of VERBS) {
      const original = methods[verb]!.bind(target);
      methods[verb] = (...args) =>
        original(
          ...args.map((each) => (typeof each === 'function' ? this.wrap(each as Handler) : each)),
        );
    }
  }
}

/** Makes an adapter that an agent watches. */
type Watch = [name: string, platform: PlatformName, adapter: (agent: Agent) => AbstractHttpAdapter];

interface Layer {
  handle: Handler;
}

interface Route extends Record<string, unknown> {
  readonly stack: Layer[];
}

interface Express {
  route(path: string): Route;
}

interface FastifyRoute {
  handler: Handler;
}

interface Fastify {
  route(options: FastifyRoute): unknown;
  addHook(name: 'onRoute', hook: (options: FastifyRoute) => void): void;
}

const require = createRequire(import.meta.url);
const express = require('express') as () => Express;
const fastify = require('fastify') as () => Fastify;

function watchArguments(agent: Agent): AbstractHttpAdapter {
  const app = express();
  agent.wrapArguments(app);
  return new ExpressAdapter(app);
}

function watchLayers(agent: Agent): AbstractHttpAdapter {
  const app = express();
  const original = app.route.bind(app);
  app.route = (path) => {
    const route = original(path);
    for (const verb of VERBS) {
      const add = (route as unknown as Methods)[verb]!.bind(route);
      route[verb] = (...args: unknown[]) => {
        const result = add(...args);
        for (const layer of route.stack) layer.handle = agent.wrap(layer.handle);
        return result;
      };
    }
    return route;
  };
  return new ExpressAdapter(app);
}

function watchRoutes(agent: Agent): AbstractHttpAdapter {
  const app = fastify();
  const original = app.route.bind(app);
  app.route = (options) => original({ ...options, handler: agent.wrap(options.handler) });
  return new FastifyAdapter(app as never);
}

function watchByHook(agent: Agent): AbstractHttpAdapter {
  const app = fastify();
  app.addHook('onRoute', (options) => {
    options.handler = agent.wrap(options.handler);
  });
  return new FastifyAdapter(app as never);
}

const WATCHES: Watch[] = [
  ['that wraps the handlers express is given', 'express', watchArguments],
  ['that wraps the layers of express', 'express', watchLayers],
  ['that wraps the handlers fastify is given', 'fastify', watchRoutes],
  ['that wraps handlers in a hook of fastify', 'fastify', watchByHook],
];

class DenyGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<{ headers: HeaderValues }>();
    return headers['x-denied'] === undefined;
  }
}

@Controller()
class EndpointController {
  @TusEndpoint('videos')
  upload(): object {
    return { taken: true };
  }
}

@Controller('files')
class ImportController {
  @Post('import')
  import(@Body() body: unknown): object {
    return { imported: body };
  }
}

@Module({ controllers: [ImportController] })
class ImportModule {}

/** A parser that takes whatever it finds. */
const raw = (require('express') as { raw(options: object): Handler }).raw;

const ORIGIN = { Origin: 'https://app.example' };

describe.each(WATCHES)('an agent %s', (_name, platform, adapterFor) => {
  const agent = new Agent();
  const app = useApp({
    platform,
    adapter: adapterFor(agent),
    tus: false,
    controllers: [EndpointController],
    providers: [FinishedRecorder],
    imports: (tmpFileDir) => [
      ImportModule,
      TusModule.forRoot({ tmpFileDir, decorators: [UseGuards(DenyGuard)] }),
    ],
    configure: (nest) => {
      nest.use('/videos', raw({ type: () => true }));
      nest.enableCors();
    },
  });

  it('watches uploads', async () => {
    const { calls } = agent;
    const upload = await create(app(), { length: 5 });

    expect((await patch(app(), upload, { body: 'hello' })).status).toBe(204);
    expect((await app().finished.of(upload.id)).size).toBe(5);
    expect(agent.calls).toBe(calls + 2);
  });

  it('is nothing to warn of', () => {
    expect(app().logs.of('warn').join()).not.toContain('routes');
  });

  it('leaves refusals complete', async () => {
    const upload = await create(app(), { length: 5 });

    const response = await patch(app(), upload, {
      body: 'hello',
      headers: { 'X-Denied': '1', ...ORIGIN },
    });

    expect([response.status, response.headers['tus-resumable']]).toEqual([403, '1.0.0']);
    expect(listOf(response.headers['access-control-expose-headers'])).toContain('Upload-Offset');
  });

  it('leaves preflights complete', async () => {
    for (const path of ['/files', `/files/${'0'.repeat(32)}`, '/videos']) {
      const { headers } = await app().request({
        method: 'OPTIONS',
        path,
        headers: { ...ORIGIN, 'Access-Control-Request-Method': 'PATCH' },
      });

      expect(listOf(headers['access-control-allow-methods'])).toContain('PATCH');
      expect(headers['tus-resumable']).toBe('1.0.0');
    }
  });

  it('leaves overrides of the method', async () => {
    const upload = await create(app(), { length: 5 });
    const headers = { ...TUS, 'X-HTTP-Method-Override': 'HEAD' };

    const response = await app().request({ method: 'POST', path: upload.path, headers });

    expect([response.status, response.headers['upload-offset']]).toEqual([200, '0']);
  });

  it('leaves bodies unread', async () => {
    const upload = await create(app(), { length: 5, path: '/videos' });
    const headers = { 'Content-Type': 'application/json' };

    expectRefused(await patch(app(), upload, { body: '{"a":', headers }), 415);
    expect(await offsetOf(app(), upload)).toBe(0);
    expect((await patch(app(), upload, { body: 'hello' })).text).toBe('{"taken":true}');
    expect((await storedBytes(app(), upload)).toString()).toBe('hello');
  });

  it('leaves other routes what is theirs', async () => {
    const response = await app().request({
      method: 'POST',
      path: '/files/import',
      headers: { 'Content-Type': 'application/json' },
      body: '{"a":1}',
    });

    expect(JSON.parse(response.text)).toEqual({ imported: { a: 1 } });
    expect(response.headers['tus-resumable']).toBeUndefined();
  });
});

describe.each(PLATFORMS)('an agent that wraps the adapter for %s', (platform) => {
  const warnings = async (configure: (nest: INestApplication) => void): Promise<string[]> => {
    const app = await startApp({ platform, configure });
    await app.close();
    return app.logs.of('warn').filter((line) => line.includes('routes of uploads'));
  };

  it('is warned of at start', async () => {
    const wrapped = (nest: INestApplication) => new Agent().wrapArguments(nest.getHttpAdapter());

    expect(await warnings(wrapped)).toEqual([
      expect.stringMatching(
        /^Not all routes of uploads are known to the HTTP platform.* TusModule$/,
      ),
    ]);
    expect(await warnings(() => undefined)).toEqual([]);
  });
});
