import type { DeliveryRecord, UploadRecord } from '../../registry/index.js';

/** Delivers finished uploads. */
export interface Completion {
  /**
   * The deliveries that are written in the same transaction as the finish. One of the two methods
   * below is called with them afterwards.
   */
  deliveriesOf(record: UploadRecord, now: number): DeliveryRecord[];

  /** Called after a finish was committed with these deliveries. */
  committed(deliveries: readonly DeliveryRecord[]): void;

  /** Called when a finish was not committed, as far as is known. */
  notCommitted(deliveries: readonly DeliveryRecord[]): void;
}
