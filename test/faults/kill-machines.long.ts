import { MOMENTS } from './harness/actors/index.js';
import { runKills } from './harness/kill-run.js';
import { FAULTS } from './harness/tally.js';
import type { Tally } from './harness/tally.js';

/** No flush is made to fail there. */
const ROUNDS = MOMENTS.length - 1;

jest.setTimeout(300_000);

describe(`Servers of two machines, one of which is killed or frozen ${ROUNDS} times`, () => {
  let tally: Tally;
  let errors = '';

  beforeAll(async () => {
    const onErrorOutput = (text: string) => void (errors += text);
    tally = await runKills({ seed: 1, rounds: ROUNDS, machines: true, onErrorOutput });
  });

  it('go on with what the other one had', () => {
    expect(tally.kills).toBe(ROUNDS);
    expect(tally.interrupted).toBeGreaterThan(0);
  });

  it('do nothing that the harness has words for', () => {
    expect(tally.findings).toEqual([]);
  });

  it.each(FAULTS)('lose nothing (%s)', (fault) => {
    expect(errors).toBe('');
    expect(tally[fault]).toBe(0);
  });
});
