import { PLATFORMS } from '../support/platforms.js';
import { runFuzz } from './fuzz-run.js';

const ROUNDS = 4;
const SEED = 20;

jest.setTimeout(300_000);

describe.each(PLATFORMS)('Two machines that are used in random ways (%s)', (platform) => {
  it('keep what they acknowledged while they are killed and frozen, and the database restarts', async () => {
    await runFuzz({ platform, areTwo: true, seed: SEED, rounds: ROUNDS, shrinkFor: 0 });
  });
});
