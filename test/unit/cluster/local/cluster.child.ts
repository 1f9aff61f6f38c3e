// A primary of node:cluster with one worker that joins: node cluster.child.js <folder>
import cluster from 'node:cluster';
import { openMember } from './open-member.js';

if (cluster.isPrimary) {
  // Keeps it alive when its worker is not any more.
  process.on('message', () => undefined);
  const worker = cluster.fork();
  worker.on('message', (identity: string) => process.send?.({ pid: worker.process.pid, identity }));
} else {
  const { processes } = await openMember(process.argv[2]!);
  process.send?.(processes.identity);
}
