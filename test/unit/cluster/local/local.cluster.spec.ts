import { join } from 'node:path';
import { LocalCluster } from '../../../../lib/cluster/local/index.js';
import { LmdbSharedTables } from '../../../../lib/registry/lmdb/index.js';
import { describeCluster } from '../../../contracts/cluster/cluster.contract.js';
import { makeTempFolder, removeTempFolder } from '../../../support/temp-folder.js';
import { Member } from './member.js';

const RULES = { look: 100, silentAfter: 2, suspectAfter: 8, heartbeat: 200 };

describeCluster('The processes of one machine', async () => {
  const folder = await makeTempFolder();
  return {
    member: () => {
      const tables = new LmdbSharedTables({ folder, durable: true });
      const cluster = new LocalCluster({ folder: join(folder, 'processes'), tables });
      Object.assign(cluster.processes, { patience: RULES });
      return cluster;
    },
    outsider: async () => {
      const member = await Member.start(folder);
      return {
        identity: member.identity,
        hold: async (key) => {
          expect(await member.tell('acquire', key)).toBe('held');
          await member.tell('pin', key);
        },
        freeze: () => process.kill(member.pid, 'SIGSTOP'),
        wake: () => process.kill(member.pid, 'SIGCONT'),
        hasLost: async (key) => (await member.tell('held', key)) === 'lost',
        kill: () => member.kill(),
      };
    },
    remove: () => removeTempFolder(folder),
  };
});
