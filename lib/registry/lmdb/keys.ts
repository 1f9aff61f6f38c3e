import { createHash } from 'node:crypto';
import type { DeliveryKey, DeliveryRecord, DeliveryState } from '../delivery-record.interface.js';
import type { UploadRecord } from '../upload-record.interface.js';

/** `[dueAt, id]` of an upload that cleanup is to look at. */
export type DueKey = [dueAt: number, id: string];

/** `[scope, state, createdAt, id]`: an upload's place in a listing. */
export type ListKey = [scope: string, state: string, createdAt: number, id: string];

/** `[scope, endedAt, id]`: an upload that came to nothing, among those of its owner. */
export type EndedKey = [scope: string, endedAt: number, id: string];

/** `[uploadId, handler]` of a delivery. */
export type RowKey = [uploadId: string, handler: string];

/**
 * `[state, group, rank, uploadId, handler]`: a delivery's place among those of its state. A waiting
 * one is among those of its handler, by when it is due; a running one among those of its holder.
 */
export type StateKey = [
  state: DeliveryState,
  group: string,
  rank: number,
  uploadId: string,
  handler: string,
];

/** Sorts behind every string and number, so that `[...prefix, LAST]` ends a prefix. */
export const LAST: Uint8Array = Uint8Array.of(0xff);

/** The group of deliveries that are in none. */
const NO_GROUP = '-';

/** The scope of a listing of everyone's uploads. */
export const EVERYONE = '*';

/** The scope of uploads without an owner. */
const NO_OWNER = '-';

/** Most characters of an upload's id: many times those of any there is, and far below a key's. */
const MAX_ID_LENGTH = 512;

/** Whether there can be a row of an upload: LMDB fails for what does not fit into a key. */
export function fitsKey(id: string): boolean {
  return id.length <= MAX_ID_LENGTH;
}

/** Where an upload's record is: one key for all ids that differ in case only. */
export function recordKey(id: string): string {
  return id.toLowerCase();
}

/** Where an upload is due, if it is. */
export function dueKeys({ dueAt, id }: UploadRecord): DueKey[] {
  return dueAt === undefined ? [] : [[dueAt, id]];
}

/** Where an upload is listed: among everyone's, and among its owner's. */
export function listKeys(record: UploadRecord): ListKey[] {
  const { state, createdAt, id } = record;
  const all: ListKey = [EVERYONE, state, createdAt, id];
  if (record.owner === undefined) return [all];
  return [all, [ownerScope(record.owner), state, createdAt, id]];
}

/** Where an upload is among those that came to nothing, if it did. */
export function endedKeys({ state, owner, endedAt = 0, id }: UploadRecord): EndedKey[] {
  const hasEnded = state === 'terminated' || state === 'expired';
  return hasEnded ? [[scopeOf(owner), endedAt, id]] : [];
}

/** The scope of one owner's uploads, or of those without an owner. */
export function scopeOf(owner: string | undefined): string {
  return owner === undefined ? NO_OWNER : ownerScope(owner);
}

/** The scope of a listing of one owner's uploads: a hash, so that an owner may be any text. */
export function ownerScope(owner: string): string {
  return createHash('sha256').update(owner).digest('base64url');
}

/** Where a delivery's row is. */
export function rowKey({ uploadId, handler }: DeliveryKey): RowKey {
  return [uploadId, handler];
}

/** Where a delivery stands among those of its state. */
export function stateKey(row: DeliveryRecord): StateKey {
  const { state, uploadId, handler, holder = NO_GROUP, dueAt } = row;
  if (state === 'waiting') return [state, handler, dueAt, uploadId, handler];
  return [state, state === 'running' ? holder : NO_GROUP, 0, uploadId, handler];
}
