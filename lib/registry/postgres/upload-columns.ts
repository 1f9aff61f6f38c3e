import type { UploadRecord } from '../upload-record.interface.js';
import { Columns } from './columns.js';

/** Where each field of an upload's record is. */
export const UPLOADS = new Columns<UploadRecord>({
  id: ['id', 'text'],
  state: ['state', 'text'],
  owner: ['owner', 'text'],
  length: ['length', 'number'],
  maxSize: ['max_size', 'number'],
  metadata: ['metadata', 'text'],
  createdAt: ['created_at', 'time'],
  validFor: ['valid_for', 'number'],
  dueAt: ['due_at', 'time'],
  endedAt: ['ended_at', 'time'],
  kind: ['kind', 'text'],
  concat: ['concat', 'text'],
  endpoint: ['endpoint', 'text'],
  binding: ['binding', 'text'],
  query: ['query', 'text'],
  unverifiedFrom: ['unverified_from', 'number'],
  fileFault: ['file_fault', 'text'],
  isDoubtful: ['is_doubtful', 'flag'],
  filePath: ['file_path', 'text'],
  stored: ['stored', 'json'],
  movedTo: ['moved_to', 'text'],
  movingTo: ['moving_to', 'text'],
  fileRemovedAt: ['file_removed_at', 'time'],
  removeWhenDelivered: ['remove_when_delivered', 'flag'],
  hash: ['hash', 'hash'],
  answer: ['answer', 'json'],
  addedHeaders: ['added_headers', 'json'],
});
