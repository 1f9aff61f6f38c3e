import type { DeliveryRecord, UploadRecord } from '../../registry/index.js';

/** Delivers finished uploads. */
export interface Completion {
  /** The deliveries that are written in the same transaction as the finish. */
  deliveriesOf(record: UploadRecord, now: number): DeliveryRecord[];

  /** Called after a finish was committed with deliveries. */
  committed(): void;
}
