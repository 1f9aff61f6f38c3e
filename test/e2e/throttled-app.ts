import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Controller } from '@nestjs/common';
import { APP_GUARD, NestFactory } from '@nestjs/core';
import { SkipThrottle, ThrottlerGuard, ThrottlerModule } from '@nestjs/throttler';
import { TusEndpoint, TusModule } from '../../lib/index.js';
import { PLATFORMS } from '../support/platforms.js';
import type { AdapterFactory } from '../support/platforms.js';

/**
 * Apps with a global throttler, two requests a minute, in a process of their own: the throttler is
 * CommonJS and so cannot be loaded beside Nest 12 inside Jest.
 *
 * Its argument is the folder for uploads. It tells the ports of all apps: of each platform one that
 * counts uploads, one that is exempt, and one that serves uploads in several places. It ends with
 * its parent.
 */
const [folder = ''] = process.argv.slice(2);

type Kind = 'counted' | 'exempt' | 'several';

@Controller('videos')
class VideosController {
  @TusEndpoint('long')
  take(): void {}

  @TusEndpoint('short')
  takeShort(): void {}
}

async function start(name: string, makeAdapter: AdapterFactory, kind: Kind): Promise<number> {
  const tmpFileDir = join(folder, `${name}-${kind}`);
  const isExempt = kind === 'exempt';
  const avatars = { name: 'avatars', uploadPath: '/avatars', tmpFileDir: `${tmpFileDir}-avatars` };
  const root = {
    module: class ThrottledModule {},
    imports: [
      ThrottlerModule.forRoot([{ ttl: 60_000, limit: 2 }]),
      TusModule.forRoot({ tmpFileDir, decorators: isExempt ? [SkipThrottle()] : [] }),
      ...(kind === 'several' ? [TusModule.forRoot(avatars)] : []),
    ],
    controllers: kind === 'several' ? [VideosController] : [],
    providers: [{ provide: APP_GUARD, useClass: ThrottlerGuard }],
  };
  const app = await NestFactory.create(root, makeAdapter(), { logger: false });
  app.enableCors();
  await app.listen(0, '127.0.0.1');
  process.once('disconnect', () => void app.close());
  return (app.getHttpServer().address() as AddressInfo).port;
}

const ports: Record<string, Record<Kind, number>> = {};
for (const [name, makeAdapter] of PLATFORMS) {
  ports[name] = {
    counted: await start(name, makeAdapter, 'counted'),
    exempt: await start(name, makeAdapter, 'exempt'),
    several: await start(name, makeAdapter, 'several'),
  };
}
process.send?.(ports);
