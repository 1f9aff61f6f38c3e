import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { metrics, type BatchObservableCallback, type Observable } from '@opentelemetry/api';
import { TusService } from 'nestjs-tus';

/** Tells the meters of OpenTelemetry what `stats()` counts, whenever they are read. */
@Injectable()
export class UploadMeters implements OnModuleDestroy {
  private readonly meter = metrics.getMeter('nestjs-tus');
  private readonly uploads = this.meter.createObservableCounter('tus.uploads');
  private readonly refused = this.meter.createObservableCounter('tus.refused');
  private readonly deliveries = this.meter.createObservableCounter('tus.deliveries');
  private readonly bytes = this.meter.createObservableCounter('tus.received', { unit: 'By' });
  private readonly running = this.meter.createObservableUpDownCounter('tus.appends.running');
  private readonly all: Observable[] = [
    this.uploads,
    this.refused,
    this.deliveries,
    this.bytes,
    this.running,
  ];

  constructor(private readonly tus: TusService) {
    this.meter.addBatchObservableCallback(this.observe, this.all);
  }

  onModuleDestroy(): void {
    this.meter.removeBatchObservableCallback(this.observe, this.all);
  }

  private readonly observe: BatchObservableCallback = (result) => {
    const { uploads, refused, deliveries, appends } = this.tus.stats();
    const { done, retried, dead } = deliveries;
    for (const [state, n] of Object.entries(uploads)) result.observe(this.uploads, n, { state });
    for (const [reason, n] of Object.entries(refused)) result.observe(this.refused, n, { reason });
    for (const [outcome, n] of Object.entries({ done, retried, dead })) {
      result.observe(this.deliveries, n, { outcome });
    }
    result.observe(this.bytes, appends.bytes);
    result.observe(this.running, appends.running);
  };
}
