import { Controller, Get, Header } from '@nestjs/common';
import { Registry } from 'prom-client';
import { UploadMetrics } from './upload-metrics.js';

/** Not for everyone: put a guard on it, or keep the proxy from handing it on. */
@Controller('metrics')
export class MetricsController {
  constructor(private readonly metrics: UploadMetrics) {}

  @Get()
  @Header('Content-Type', Registry.PROMETHEUS_CONTENT_TYPE)
  read(): Promise<string> {
    return this.metrics.registry.metrics();
  }
}
