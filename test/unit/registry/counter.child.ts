// Counts up in one record, and reports each step once it was acknowledged.
import { LmdbRegistry } from '../../../lib/registry/lmdb/index.js';

const [folder, id, name, steps] = process.argv.slice(2);
const registry = new LmdbRegistry({ folder, durable: true });
await registry.open();
for (let step = 1; step <= Number(steps); step++) {
  await registry.change(id, (record) => {
    const counts = JSON.parse(record.metadata ?? '{}') as Record<string, number>;
    const metadata = JSON.stringify({ ...counts, [name]: (counts[name] ?? 0) + 1 });
    return { record: { ...record, metadata, length: (record.length ?? 0) + 1 } };
  });
  process.send?.(step);
}
await registry.close();
process.disconnect();
