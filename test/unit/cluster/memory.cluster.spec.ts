import { describeCluster } from '../../contracts/cluster/cluster.contract.js';
import { MemoryCluster, MemoryRoom } from '../../support/memory.cluster.js';

describeCluster('A cluster in memory', async () => {
  const room = new MemoryRoom();
  return {
    member: () => new MemoryCluster(room),
    outsider: async () => {
      const member = new MemoryCluster(room);
      member.onWanted(() => Promise.resolve(undefined));
      await member.open();
      return {
        identity: member.identity,
        hold: async (key) => expect(member.claimNew(key)).toBe(true),
        freeze: () => member.freeze(),
        wake: () => member.wake(),
        hasLost: async (key) => member.hasLost(key),
        kill: () => member.close(),
      };
    },
    remove: async () => undefined,
  };
});
