import { randomBytes } from 'node:crypto';
import type {
  DeliveryRecord,
  Page,
  UploadRecord,
  UploadRegistry,
} from '../../../lib/registry/index.js';

/** An upload's record as a creation makes it, with some of it told. */
export function uploadRecord(told: Partial<UploadRecord> = {}): UploadRecord {
  return {
    id: randomBytes(16).toString('hex'),
    state: 'receiving',
    length: 1000,
    metadata: 'filename aG9saWRheS5tcDQ=,empty',
    createdAt: 1_700_000_000_000,
    validFor: 86_400_000,
    dueAt: 1_700_086_400_000,
    ...told,
  };
}

/** A delivery as it is born, with some of it told. */
export function delivery(uploadId: string, told: Partial<DeliveryRecord> = {}): DeliveryRecord {
  return {
    uploadId,
    handler: 'Importer#import',
    state: 'waiting',
    attempt: 0,
    dueAt: 1_700_000_000_000,
    ...told,
  };
}

/** Stores an upload together with deliveries of it. */
export async function finishedUpload(
  registry: UploadRegistry,
  ...deliveries: Partial<DeliveryRecord>[]
): Promise<string> {
  const record = uploadRecord();
  await registry.create(record);
  await registry.change(record.id, (current) => ({
    record: { ...current, state: 'finished' },
    deliveries: deliveries.map((told) => delivery(record.id, told)),
  }));
  return record.id;
}

/** All items of a listing, asked for a page at a time. */
export async function allPages<T>(
  ask: (cursor?: string) => Promise<Page<T>>,
): Promise<{ items: T[]; pages: number }> {
  const items: T[] = [];
  let cursor: string | undefined;
  let pages = 0;
  do {
    const page = await ask(cursor);
    items.push(...page.items);
    cursor = page.cursor;
    if (++pages > 1000) throw new Error('The listing does not end.');
  } while (cursor !== undefined);
  return { items, pages };
}
