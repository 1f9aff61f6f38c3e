import { PLATFORMS } from '../support/platforms.js';
import { runFuzz } from './fuzz-run.js';

const ROUNDS = 8;
const SEED = 20;

jest.setTimeout(300_000);

describe.each(PLATFORMS)('A server that is used and killed in random ways (%s)', (platform) => {
  it('keeps what it acknowledged, and delivers what is finished', async () => {
    await runFuzz({ platform, seed: SEED, rounds: ROUNDS, shrinkFor: 0 });
  });
});
