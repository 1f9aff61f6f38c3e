import { MOMENTS } from './harness/actors/index.js';
import { runKills } from './harness/kill-run.js';
import type { Tally } from './harness/tally.js';

/** Each platform has one for every moment. */
const ROUNDS = 2 * MOMENTS.length;
const SEED = 20;

jest.setTimeout(300_000);

describe(`A server that is killed ${ROUNDS} times while clients upload`, () => {
  let tally: Tally;
  let errors = '';

  beforeAll(async () => {
    tally = await runKills({
      seed: SEED,
      rounds: ROUNDS,
      onErrorOutput: (text) => (errors += text),
    });
  });

  it('is killed in the middle of uploads', () => {
    expect(tally.kills).toBe(ROUNDS);
    expect(tally.interrupted).toBeGreaterThan(0);
  });

  it('keeps every byte it acknowledged, and no other', () => {
    expect(tally.bytesLost).toBe(0);
  });

  it('counts checksummed chunks as a whole or not at all', () => {
    expect(tally.checksumsCutOff).toBeGreaterThan(0);
    expect(tally.bytesLost).toBe(0);
    expect(tally.strangeAnswers).toBe(0);
  });

  it('makes final uploads as a whole or not at all', () => {
    expect(tally.concatenationsCutOff).toBeGreaterThan(0);
    expect(tally.deliveriesWrong).toBe(0);
    expect(tally.strangeAnswers).toBe(0);
  });

  it('never lets an acknowledged offset go back', () => {
    expect(tally.offsetsGoneBack).toBe(0);
  });

  it('delivers every upload whose last byte arrived, also when its client never returns', () => {
    expect(tally.deliveriesMissing).toBe(0);
    expect(tally.deliveriesWrong).toBe(0);
  });

  it('tries handlers again that were waiting for their next attempt', () => {
    expect(tally.retriesCutOff).toBeGreaterThan(0);
    expect(tally.deliveriesMissing).toBe(0);
  });

  it('asks hooks and runs methods of endpoints again that were cut off, and no others', () => {
    expect(tally.answersCutOff).toBeGreaterThan(0);
    expect(tally.methodsRepeated).toBe(0);
    expect(tally.answersChanged).toBe(0);
  });

  it('tells each delivery an attempt of its own', () => {
    expect(tally.attemptsOutOfOrder).toBe(0);
  });

  it('leaves each expired upload whole or gone, and frees the rest with the next pass', () => {
    expect(tally.expired).toBeGreaterThan(0);
    expect(tally.expiredHalfGone).toBe(0);
  });

  it('leaves nothing behind once all uploads are removed', () => {
    expect(tally.leftBehind).toBe(0);
  });

  it('answers as always and logs no error', () => {
    expect(tally.strangeAnswers).toBe(0);
    expect(tally.findings).toEqual([]);
    expect(errors).toBe('');
  });
});
