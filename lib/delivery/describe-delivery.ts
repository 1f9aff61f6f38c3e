import type { Delivery } from '../interfaces/index.js';
import type { DeliveryRecord } from '../registry/index.js';

/** A delivery as an application sees it. */
export function describeDelivery(row: DeliveryRecord): Delivery {
  const { uploadId, handler, state, attempt, dueAt, error } = row;
  return {
    uploadId,
    handler,
    state,
    attempt,
    ...(state === 'waiting' && { dueAt: new Date(dueAt) }),
    ...(error !== undefined && { error }),
  };
}
