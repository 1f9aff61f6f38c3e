// Holds the one place of a writer until it is killed: node writer.child.js <folder>
import { writeSync } from 'node:fs';
import { loadLmdb } from '../../../lib/registry/lmdb/load-lmdb.js';
import { openRoot } from '../../../lib/registry/lmdb/open-root.js';

const [folder] = process.argv.slice(2) as [string];
const root = openRoot(await loadLmdb(), { path: folder });
root.transactionSync(() => {
  writeSync(1, 'writing\n');
  process.kill(process.pid, 'SIGSTOP');
});
