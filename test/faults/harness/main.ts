// Kills a server again and again while clients upload. Compile the tests first; then:
// node dist-test/test/faults/harness/main.js --rounds 200 --seed 1
// With --moment retrying all kills come while handlers wait for their next attempt, and so on; with
// --moment full, as root, each server is started again on a full disk before it goes on.
// With --storage s3, bytes are in a bucket, and each kill takes the scratch files: on the store that
// S3_ENDPOINT names, or on Ceph's gateway, which is started.
// With --machines two servers share a database, and a folder or the bucket, as those of two machines do, and
// one of them is killed; --mount /mnt/a --mount /mnt/b says where these mount one volume.
// A run of at least 1,000 kills at all moments goes into test/faults/README.md.
import { parseArgs } from 'node:util';
import { MOMENTS, ON_FULL_DISK } from './actors/index.js';
import { startStore, stopStore } from '../../support/s3/start-store.js';
import { writeIntoPage } from '../../support/written-page.js';
import { runKills } from './kill-run.js';
import { describeReliability } from './reliability.js';
import { FAULTS } from './tally.js';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    storage: { type: 'string', default: 'disk' },
    moment: { type: 'string', multiple: true, default: [...MOMENTS] },
    machines: { type: 'boolean', default: false },
    mount: { type: 'string', multiple: true, default: [] },
  },
});

const [one, other] = values.mount;
const ALL = [...MOMENTS, ON_FULL_DISK] as const;
const seed = Number(values.seed);
const rounds = Number(values.rounds);
const moments = ALL.filter((moment) => values.moment.includes(moment));
const isOnS3 = values.storage === 's3';
if (isOnS3) await startStore();
const tally = await runKills({
  seed,
  isOnS3,
  rounds,
  moments,
  machines: values.machines,
  mounts: one !== undefined && other !== undefined ? [one, other] : undefined,
  onRound: ({ kills }) => {
    if (kills % 20 === 0) console.log(`${kills} kills`);
  },
  onErrorOutput: (text) => process.stderr.write(text),
}).finally(stopStore);
const { findings, ...counts } = tally;
console.table(counts);
findings.forEach((finding) => console.log(finding));
const isUsual = !isOnS3 && !values.machines && moments.length === MOMENTS.length;
if (isUsual && rounds >= 1000) {
  await writeIntoPage('test/faults/README.md', 'faults', describeReliability(tally, seed));
}
process.exitCode = FAULTS.every((fault) => tally[fault] === 0) ? 0 : 1;
