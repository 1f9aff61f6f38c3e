import { Controller, Get, Module } from '@nestjs/common';
import { HealthCheck, HealthCheckService, TerminusModule } from '@nestjs/terminus';
import type { HealthCheckResult } from '@nestjs/terminus';
import { TusHealthIndicator, type TusHealthOptions } from '../../lib/health/terminus/index.js';
import type { HttpTarget } from './http-client.js';
import { request } from './http-client.js';

/** What the next checks are given. */
const options = new WeakMap<HealthController, TusHealthOptions>();

/** A route of Terminus, as apps have it. */
@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly tus: TusHealthIndicator,
  ) {}

  @Get()
  @HealthCheck()
  check(): Promise<HealthCheckResult> {
    return this.health.check([() => this.tus.isHealthy('uploads', options.get(this))]);
  }

  /** Says what is given to the indicator from now on. */
  use(given: TusHealthOptions): void {
    options.set(this, given);
  }
}

@Module({
  imports: [TerminusModule.forRoot({ logger: false })],
  controllers: [HealthController],
  providers: [TusHealthIndicator],
})
export class HealthModule {}

/** What the route has said. */
export interface AskedHealth {
  readonly status: number;
  readonly uploads: {
    readonly status: 'up' | 'down';
    readonly message?: string;
    readonly room?: number;
    readonly deliveryWait?: number;
    readonly deadDeliveries?: number;
  };
}

export async function askHealth(app: HttpTarget): Promise<AskedHealth> {
  const { status, body } = await request(app, { path: '/health' });
  const { details } = JSON.parse(body.toString()) as {
    details?: { uploads: AskedHealth['uploads'] };
  };
  return { status, uploads: details?.uploads ?? { status: 'down' } };
}
