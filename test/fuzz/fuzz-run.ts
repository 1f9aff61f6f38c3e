import fc from 'fast-check';
import type { PlatformName } from '../support/platforms.js';
import { Model, stepsFor } from './commands/index.js';
import { assertAllAsKnown, assertDelivered } from './expectations.js';
import { World } from './world.js';

export interface FuzzOptions {
  readonly platform: PlatformName;
  /** Whether two machines share a database and a folder; else there is one. */
  readonly areTwo?: boolean;
  /** The same seed gives the same steps. */
  readonly seed: number;
  /** How many random sequences of steps are made. */
  readonly rounds: number;
  /** Milliseconds to look for a shorter sequence once one has failed; 0: take the first. */
  readonly shrinkFor: number;
  /** Told after every sequence. */
  readonly onRound?: () => void;
}

/** Most steps of a sequence. */
const STEPS = 40;

/**
 * Uses and kills a server in random ways, and checks after each what a few lines of a model say.
 *
 * @throws Error of fast-check with the seed and the steps that led to a failure
 */
export async function runFuzz(options: FuzzOptions): Promise<void> {
  const world = await World.create(options.platform, options.areTwo);
  try {
    await fc.assert(propertyOf(world, options), {
      seed: options.seed,
      numRuns: options.rounds,
      endOnFailure: options.shrinkFor === 0,
    });
    for (const upload of world.uploads) await assertDelivered(world, upload);
  } finally {
    await world.close();
  }
}

function propertyOf(world: World, options: FuzzOptions): fc.IAsyncProperty<[Steps]> {
  const sequences = fc.commands([stepsFor(options.areTwo === true)], {
    maxCommands: STEPS,
    size: 'max',
  });
  let deadline = Infinity;
  return fc.asyncProperty(sequences, async (sequence) => {
    if (Date.now() > deadline) return;
    try {
      await runSequence(world, sequence);
      options.onRound?.();
    } catch (error) {
      deadline = Math.min(deadline, Date.now() + options.shrinkFor);
      throw error;
    }
  });
}

async function runSequence(world: World, sequence: Steps): Promise<void> {
  await world.start();
  const model = new Model();
  await fc.asyncModelRun(() => ({ model, real: world }), sequence);
  await assertAllAsKnown(world, model.uploads);
}

type Steps = Iterable<fc.AsyncCommand<Model, World>>;
