// A server whose handler ends it: node deadly-server.js <platform> <tmpFileDir>
import { once } from 'node:events';
import type { Server } from 'node:net';
import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { OnUploadFinished, TusModule } from '../../../lib/index.js';
import type { PlatformName } from '../../support/platforms.js';
import { serve } from '../../support/serve.js';

const [platform, tmpFileDir] = process.argv.slice(2) as [PlatformName, string];

@Injectable()
class Deadly {
  constructor(private readonly adapterHost: HttpAdapterHost) {}

  /** Only once the server listens, so that whoever started it knows that it ran. */
  @OnUploadFinished({ id: 'deadly', attempts: 1 })
  async end(): Promise<void> {
    const server = this.adapterHost.httpAdapter.getHttpServer() as Server;
    if (!server.listening) await once(server, 'listening');
    setTimeout(() => process.exit(1), 50);
    await new Promise(() => undefined);
  }
}

await serve(platform, {
  module: class DeadlyModule {},
  imports: [TusModule.forRoot({ tmpFileDir, cleanup: { every: false } })],
  providers: [Deadly],
});
