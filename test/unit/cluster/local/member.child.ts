// A process on a folder that does what it is told:
// node member.child.js <folder> <patience> <rules>
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Lease } from '../../../../lib/uploads/leases/lease.js';
import { UploadBusyError } from '../../../../lib/uploads/index.js';
import type { Order, Report } from './member.js';
import { openMember, Told } from './open-member.js';
import type { Patience } from '../../../../lib/cluster/local/index.js';

const [folder, patience, rules = 'null'] = process.argv.slice(2) as [string, string, string?];
const observer = new Told((identity, what) => {
  report({ event: 'told', detail: `${what} ${identity}` });
});
const { cluster, processes, claims, leases } = await openMember(
  folder,
  Number(patience),
  (JSON.parse(rules) as Patience | null) ?? undefined,
  observer,
);
const held = new Map<string, Lease>();

cluster.onTold((text) => report({ event: 'heard', detail: text }));
processes.whenGone((identity) => report({ event: 'gone', detail: identity }));

function report(message: Report): void {
  process.send?.(message);
}

async function acquire(key: string): Promise<string> {
  try {
    keep(key, await leases.acquire(key));
    return 'held';
  } catch (error) {
    if (error instanceof UploadBusyError) return 'busy';
    throw error;
  }
}

async function tryAcquire(key: string): Promise<string> {
  const lease = await leases.tryAcquire(key);
  if (lease) keep(key, lease);
  return lease ? 'held' : 'busy';
}

function keep(key: string, lease: Lease): void {
  held.set(key, lease);
  lease.onRevoke((reason) => {
    report({ event: reason === 'fenced' ? 'lost' : 'asked', detail: key });
  });
}

/** Counts in a file what only one process at a time may count. */
async function count(key: string, steps: number): Promise<string> {
  const file = join(folder, key);
  for (let step = 0; step < steps; step++) {
    await leases.hold(key, async () => {
      const before = Number(readFileSync(file, 'utf8'));
      await new Promise(setImmediate);
      writeFileSync(file, String(before + 1));
      appendFileSync(`${file}.log`, `${processes.identity}\n`);
    });
  }
  return 'counted';
}

async function follow({ does, key = '', steps = 0 }: Order): Promise<string> {
  switch (does) {
    case 'meet':
      return (await processes.meet()) ? 'met' : 'alone';
    case 'acquire':
      return acquire(key);
    case 'tryAcquire':
      return tryAcquire(key);
    case 'release':
      held.get(key)?.release();
      return 'released';
    case 'pin':
      held.get(key)?.pin();
      return 'pinned';
    case 'held':
      return held.get(key)?.isLost ? 'lost' : 'held';
    case 'count':
      return count(key, steps);
    case 'watch':
      cluster.watch(key, () => report({ event: 'reached', detail: key }));
      return 'watched';
    case 'leave':
      await claims.close();
      return 'left';
  }
}

process.on('message', (order: Order) => {
  follow(order).then(
    (detail) => report({ event: 'done', detail }),
    (error: Error) => report({ event: 'done', detail: error.message }),
  );
});
report({ event: 'ready', detail: processes.identity });
