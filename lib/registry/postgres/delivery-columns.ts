import type { DeliveryRecord } from '../delivery-record.interface.js';
import { Columns } from './columns.js';

/** Where each field of a delivery's record is. */
export const DELIVERIES = new Columns<DeliveryRecord>({
  uploadId: ['upload_id', 'text'],
  handler: ['handler', 'text'],
  state: ['state', 'text'],
  attempt: ['attempt', 'number'],
  forgiven: ['forgiven', 'number'],
  lost: ['lost', 'number'],
  dueAt: ['due_at', 'time'],
  holder: ['holder', 'text'],
  startedAt: ['started_at', 'time'],
  error: ['error', 'text'],
});
