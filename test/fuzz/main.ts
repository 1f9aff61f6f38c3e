// Uses and kills servers in random ways, for as long as one likes. Compile the tests first; then:
// node dist-test/test/fuzz/main.js --rounds 200 --seed 1
// With --machines two of them share a database and a folder; machines are frozen too, and the database is
// restarted.
import { parseArgs } from 'node:util';
import { PLATFORMS } from '../support/platforms.js';
import { runFuzz } from './fuzz-run.js';

/** Milliseconds. */
const SHRINK_FOR = 60_000;

const { values } = parseArgs({
  options: {
    machines: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '200' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
  },
});
const [rounds, seed] = [Number(values.rounds), Number(values.seed)];

for (const [platform] of PLATFORMS) {
  let done = 0;
  console.log(`${platform}, seed ${seed}`);
  await runFuzz({
    platform,
    areTwo: values.machines,
    seed,
    rounds,
    shrinkFor: SHRINK_FOR,
    onRound: () => {
      if (++done % 20 === 0) console.log(`${done} rounds`);
    },
  });
}
