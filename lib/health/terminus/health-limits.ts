import type { Duration, Size } from '../../interfaces/index.js';
import { parseDuration, parseSize, TusOptionError } from '../../options/index.js';
import { MOST_COUNTED, type HealthTerms, type TusHealth } from '../index.js';

/**
 * What `TusHealthIndicator.isHealthy()` takes. A limit that is not given is not checked, and what it is
 * for is only told.
 *
 * @publicApi
 */
export interface TusHealthOptions extends HealthTerms {
  /**
   * The instance's `name`.
   *
   * @default the one without a name
   */
  instance?: string;

  /** The least room on the disk, in bytes or as in `'5GB'`; for instances that keep files. */
  minRoom?: Size;

  /** How long a delivery may have been due without being made; a number is seconds. */
  maxDeliveryWait?: Duration;

  /** How many deliveries may have been given up: 999 at most. */
  maxDeadDeliveries?: number;
}

/** What of an instance's health is beyond the limits, a sentence each. */
export function beyond(health: TusHealth, options: TusHealthOptions): string[] {
  return [
    roomBelow(health, options),
    waitAbove(health, options),
    deadAbove(health, options),
  ].filter((fault) => fault !== undefined);
}

function roomBelow({ room, faults }: TusHealth, { minRoom }: TusHealthOptions): string | undefined {
  if (minRoom === undefined) return undefined;
  const least = parseSize('health.minRoom', minRoom);
  if (room === undefined && faults.length === 0) {
    const remedy = 'The storage keeps no files on a disk whose room could be told. Leave it out.';
    throw new TusOptionError('health.minRoom', minRoom, remedy);
  }
  if (room === undefined || room >= least) return undefined;
  return `There is room for ${room} bytes, and ${least} are wanted.`;
}

function waitAbove(health: TusHealth, { maxDeliveryWait }: TusHealthOptions): string | undefined {
  if (maxDeliveryWait === undefined) return undefined;
  const most = parseDuration('health.maxDeliveryWait', maxDeliveryWait);
  const { deliveryWait = 0 } = health;
  if (deliveryWait <= most) return undefined;
  return `A delivery has been due for ${Math.round(deliveryWait / 1000)} seconds.`;
}

function deadAbove(health: TusHealth, { maxDeadDeliveries }: TusHealthOptions): string | undefined {
  if (maxDeadDeliveries === undefined) return undefined;
  assertCount(maxDeadDeliveries);
  const { deadDeliveries = 0 } = health;
  if (deadDeliveries <= maxDeadDeliveries) return undefined;
  return `Deliveries that were given up: ${deadDeliveries}.`;
}

function assertCount(value: number): void {
  if (Number.isSafeInteger(value) && value >= 0 && value < MOST_COUNTED) return;
  const remedy = `Give a whole number from 0 to ${MOST_COUNTED - 1}.`;
  throw new TusOptionError('health.maxDeadDeliveries', value, remedy);
}
