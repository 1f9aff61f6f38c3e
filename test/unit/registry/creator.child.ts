// Creates uploads one after the other and reports each id once its creation was acknowledged.
import { LmdbRegistry } from '../../../lib/registry/lmdb/index.js';
import { uploadRecord } from './records.js';

const [folder, durable] = process.argv.slice(2);
const registry = new LmdbRegistry({ folder, durable: durable === 'true' });
await registry.open();
for (;;) {
  const record = uploadRecord({ owner: 'ann' });
  await registry.create(record);
  process.send?.(record.id);
}
