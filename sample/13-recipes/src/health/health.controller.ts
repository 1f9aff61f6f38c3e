import { Controller, Get } from '@nestjs/common';
import { HealthCheck, HealthCheckService, type HealthCheckResult } from '@nestjs/terminus';
import { TusHealthIndicator } from 'nestjs-tus/health';

@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly tus: TusHealthIndicator,
  ) {}

  /** May this process get requests? For a load balancer, or Kubernetes' readiness probe. */
  @Get('ready')
  @HealthCheck()
  ready(): Promise<HealthCheckResult> {
    return this.health.check([() => this.tus.isHealthy('uploads')]);
  }

  /** Must someone look? For an alert: none of it gets better by a restart. */
  @Get('attention')
  @HealthCheck()
  attention(): Promise<HealthCheckResult> {
    const limits = { minRoom: '5GB', maxDeliveryWait: '10m', maxDeadDeliveries: 0 };
    return this.health.check([() => this.tus.isHealthy('uploads', limits)]);
  }
}
