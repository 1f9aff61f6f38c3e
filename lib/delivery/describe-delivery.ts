import type { Delivery } from '../interfaces/index.js';
import type { DeliveryRecord } from '../registry/index.js';

/** A delivery as an application sees it. */
export function describeDelivery(row: DeliveryRecord): Delivery {
  const { uploadId, handler, state, attempt, dueAt, startedAt, error } = row;
  return {
    uploadId,
    handler,
    state,
    attempt,
    ...(state === 'waiting' && { dueAt: new Date(dueAt) }),
    ...(state === 'running' && startedAt !== undefined && { startedAt: new Date(startedAt) }),
    ...(error !== undefined && { error }),
  };
}
