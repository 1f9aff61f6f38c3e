// A server that tells its health: node health-server.js <platform> <tmpFileDir>
import { Module } from '@nestjs/common';
import { TusModule } from '../../../lib/index.js';
import { HealthController, HealthModule } from '../../support/health-app.js';
import type { PlatformName } from '../../support/platforms.js';
import { serve } from '../../support/serve.js';

const [platform, tmpFileDir] = process.argv.slice(2) as [PlatformName, string];

@Module({ imports: [TusModule.forRoot({ tmpFileDir }), HealthModule] })
class AppModule {}

await serve(platform, AppModule, {
  started: (app) => app.get(HealthController).use({ timeout: '100ms' }),
});
