import type { Delivery, UploadEvent } from '../interfaces/index.js';
import type { UploadRecord } from '../registry/index.js';

/** What happened to an upload, before it is described. */
export interface ToldEvent {
  readonly type: UploadEvent['type'];
  readonly record: UploadRecord;
  /** When, in milliseconds since the epoch. */
  readonly at: number;
  /** Bytes received, of one that advances. */
  readonly offset?: number;
  /** Which delivery was given up on. */
  readonly delivery?: Delivery;
}

/** As a text, for other processes. What its client was answered is not for them. */
export function writeEvent({ record, ...event }: ToldEvent): string {
  const { answer, addedHeaders: _headers, query: _query, ...rest } = record;
  // That there is an answer says something of the upload.
  const brief = answer && { status: answer.status, headers: {} };
  return JSON.stringify({ ...event, record: { ...rest, ...(brief && { answer: brief }) } });
}

export function readEvent(text: string): ToldEvent {
  const event = JSON.parse(text) as ToldEvent;
  const { delivery } = event;
  return delivery ? { ...event, delivery: readDelivery(delivery) } : event;
}

function readDelivery({ dueAt, startedAt, ...delivery }: Delivery): Delivery {
  return {
    ...delivery,
    ...(dueAt !== undefined && { dueAt: new Date(dueAt) }),
    ...(startedAt !== undefined && { startedAt: new Date(startedAt) }),
  };
}
