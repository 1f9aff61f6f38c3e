// Lets a server be used in every way for a long time, and watches its memory. Compile the tests first;
// then: node dist-test/test/soak/main.js --minutes 10 --adapter express
// Ends with 1 when more is resident than 5 MB above what was after the first two minutes, or when
// something was answered in another way than it was to be.
import { parseArgs } from 'node:util';
import { PLATFORMS } from '../support/platforms.js';
import { growthOf } from './growth.js';
import { runSoak } from './soak-run.js';

const MB = 1024 * 1024;
const MINUTE = 60_000;

/** Milliseconds after which memory is to stay as it is. */
const WARM = 2 * MINUTE;

/** Milliseconds of samples that are compared, and between two lines. */
const WINDOW = MINUTE / 2;
const EVERY = 2000;

/** Bytes that memory may grow by. */
const ALLOWED = 5 * MB;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    /** All of them, one after the other, unless given. */
    adapter: { type: 'string' },
    clients: { type: 'string', default: '8' },
    seed: { type: 'string', default: '1' },
  },
});

const inMegabytes = (bytes: number) => (bytes / MB).toFixed(1).padStart(7);
const chosen = PLATFORMS.filter(([platform]) => platform === (values.adapter ?? platform));
if (chosen.length === 0) throw new Error(`There is no adapter ${values.adapter}.`);
if (Number(values.minutes) < 3) throw new Error('--minutes must be 3 at least.');

for (const [platform] of chosen) {
  console.log(`${platform}, MB resident, of that in no file, on the heap, outside of it; errands`);
  let line = 0;
  const { samples, done, failures } = await runSoak({
    platform,
    seed: Number(values.seed),
    time: Number(values.minutes) * MINUTE,
    clients: Number(values.clients),
    every: EVERY,
    onLook: (at, { rss, anonymous, heap, external }, count) => {
      if (at < line * WINDOW) return;
      line += 1;
      const figures = [rss, anonymous, heap, external].map(inMegabytes).join(' ');
      console.log(`${(at / MINUTE).toFixed(1).padStart(5)} min ${figures} ${count}`);
    },
  });
  console.table(done);
  for (const failure of failures) console.error(failure);
  const growth = growthOf(samples, WARM, WINDOW) ?? Infinity;
  const verdict = growth <= ALLOWED ? 'as it is to be' : 'too much';
  console.log(
    `${platform}: grown by ${inMegabytes(growth).trim()} MB after two minutes: ${verdict}`,
  );
  if (growth > ALLOWED || failures.length > 0) process.exitCode = 1;
}
