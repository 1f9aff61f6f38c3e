// Kills a server again and again while clients upload. Compile the tests first; then:
// node dist-test/test/faults/harness/main.js --rounds 200 --seed 1
// With --moment retrying all kills come while handlers wait for their next attempt, and so on; with
// --moment full, as root, each server is started again on a full disk before it goes on.
// A run of at least 1,000 kills at all moments goes into test/faults/README.md.
import { parseArgs } from 'node:util';
import { MOMENTS, ON_FULL_DISK } from './actors/index.js';
import { writeIntoPage } from '../../support/written-page.js';
import { runKills } from './kill-run.js';
import { describeReliability } from './reliability.js';
import { FAULTS } from './tally.js';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    moment: { type: 'string', multiple: true, default: [...MOMENTS] },
  },
});

const ALL = [...MOMENTS, ON_FULL_DISK] as const;
const seed = Number(values.seed);
const rounds = Number(values.rounds);
const moments = ALL.filter((moment) => values.moment.includes(moment));
const tally = await runKills({
  seed,
  rounds,
  moments,
  onRound: ({ kills }) => {
    if (kills % 20 === 0) console.log(`${kills} kills`);
  },
  onErrorOutput: (text) => process.stderr.write(text),
});
console.table(tally);
if (rounds >= 1000 && moments.length === MOMENTS.length) {
  await writeIntoPage('test/faults/README.md', 'faults', describeReliability(tally, seed));
}
process.exitCode = FAULTS.every((fault) => tally[fault] === 0) ? 0 : 1;
