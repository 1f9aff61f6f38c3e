import type { DeliveryRecord, DeliveryState } from '../delivery-record.interface.js';
import type { Usage } from '../registry.interface.js';
import type { UploadRecord, UploadState } from '../upload-record.interface.js';
import type { DueKey, EndedKey, ListKey, StateKey } from './keys.js';

/**
 * What rows and keys must be for the registry to find its way by them. What else a row says was
 * written as a whole, and is taken as it is.
 */

const UPLOAD_STATES: ReadonlySet<unknown> = new Set<UploadState>([
  'receiving',
  'finished',
  'terminated',
  'expired',
  'quarantined',
]);

const DELIVERY_STATES: ReadonlySet<unknown> = new Set<DeliveryState>([
  'waiting',
  'running',
  'dead',
]);

export function isUploadRecord(value: object): value is UploadRecord {
  const { id, state, createdAt, dueAt, owner } = value as Partial<UploadRecord>;
  return (
    typeof id === 'string' &&
    UPLOAD_STATES.has(state) &&
    typeof createdAt === 'number' &&
    isAbsentOr('number', dueAt) &&
    isAbsentOr('string', owner)
  );
}

export function isDeliveryRecord(value: object): value is DeliveryRecord {
  const { uploadId, handler, state, dueAt, attempt, holder } = value as Partial<DeliveryRecord>;
  return (
    typeof uploadId === 'string' &&
    typeof handler === 'string' &&
    DELIVERY_STATES.has(state) &&
    typeof dueAt === 'number' &&
    typeof attempt === 'number' &&
    isAbsentOr('string', holder)
  );
}

export function isUsage(value: object): value is Usage {
  const { uploads, unfinished, bytes, pending } = value as Partial<Usage>;
  return [uploads, unfinished, bytes, pending].every((sum) => typeof sum === 'number');
}

export function isDueKey(key: unknown): key is DueKey {
  return isTuple(key, ['number', 'string']);
}

export function isEndedKey(key: unknown): key is EndedKey {
  return isTuple(key, ['string', 'number', 'string']);
}

export function isListKey(key: unknown): key is ListKey {
  return isTuple(key, ['string', 'string', 'number', 'string']);
}

export function isStateKey(key: unknown): key is StateKey {
  return isTuple(key, ['string', 'string', 'number', 'string', 'string']);
}

function isTuple(key: unknown, types: readonly string[]): boolean {
  return (
    Array.isArray(key) &&
    key.length === types.length &&
    types.every((type, index) => typeof key[index] === type)
  );
}

function isAbsentOr(type: string, value: unknown): boolean {
  return value === undefined || typeof value === type;
}
