// A member that does what it is told: node member.child.js <place as JSON>
import { leaseKeyOf } from '../../../../lib/cluster/index.js';
import type { Order } from './member.js';
import { PooledCluster, type MemberPlace } from './open-member.js';

/** Is wanted by no other. */
const OWN = leaseKeyOf(`.${process.pid}`);

const cluster = new PooledCluster(JSON.parse(process.argv[2]!) as MemberPlace);
cluster.onWanted(() => Promise.resolve(undefined));
await cluster.open();
await cluster.claim(OWN);

async function follow({ does, key: text }: Order): Promise<string> {
  const key = leaseKeyOf(text);
  if (does === 'hold') return String((await cluster.claim(key)) ?? true);
  // One that was stopped takes all for lost before it has looked.
  await cluster.claim(OWN);
  return String(cluster.hasLost(key));
}

process.on('message', (order: Order) => {
  follow(order).then(
    (detail) => process.send?.({ detail }),
    (error: Error) => process.send?.({ detail: error.message }),
  );
});
process.send?.({ detail: cluster.identity });
