/**
 * What a health check of an instance has found, as `TusService.health()` has it.
 *
 * @publicApi
 */
export interface TusHealth {
  /** What does not do what it is there for, a sentence each without paths; empty when all is well. */
  readonly faults: readonly string[];

  /** Bytes there is room for on the disk; absent where uploads are no files, or it could not be told. */
  readonly room?: number;

  /**
   * Milliseconds for which the delivery that waits longest has been due: 0 when none is due. One that is
   * to be tried again is due when its pause is over. Absent when the registry did not answer.
   */
  readonly deliveryWait?: number;

  /** Deliveries that were given up, up to 1,000 of them. Absent when the registry did not answer. */
  readonly deadDeliveries?: number;
}

/**
 * How `TusService.health()` asks.
 *
 * @publicApi
 */
export interface HealthTerms {
  /**
   * How long the storage and the registry may take, each; a number is seconds, and a minute is the most.
   *
   * @default '3s'
   */
  timeout?: number | string;
}
