import fc from 'fast-check';
import { appending, cleaning, deleting, moving, terminating } from '../attempt.js';
import type { Attempt } from '../attempt.js';
import { assertAsKnown, assertEqual, assertOneOf } from '../expectations.js';
import type { KnownUpload } from '../known-upload.js';
import { patchOf, rightPatchPlans } from '../plans.js';
import type { PatchPlan } from '../plans.js';
import { askClient, settle } from '../settle.js';
import type { World } from '../world.js';
import { UploadCommand } from './command.js';
import type { Model } from './command.js';

type Racer = PatchPlan | 'look' | 'delete' | 'terminate' | 'move' | 'cleanup';

interface RacePlan {
  readonly which: number;
  readonly racers: readonly [Racer, Racer];
}

/** Does two things to one upload at the same time. */
export class Race extends UploadCommand<RacePlan> {
  protected override fits({ gone }: KnownUpload): boolean {
    return !gone;
  }

  protected async runOn(upload: KnownUpload, model: Model, world: World): Promise<void> {
    const attempts = this.plan.racers.map((racer) => attemptOf(racer, upload, model, world));
    const before = upload.held;
    const outcomes = await Promise.all(attempts.map((attempt) => attempt.start()));
    for (const [index, attempt] of attempts.entries()) {
      assertOneOf(outcomes[index]!, attempt.outcomes, `The outcome of ${index}`);
      attempt.learn(outcomes[index]!);
    }
    // Whoever was acknowledged was the only one: nothing else is possible then.
    const isAcknowledged = upload.held.length > before.length;
    const contents = attempts.flatMap(({ possible }) => possible.contents ?? []);
    const lengths = attempts.map(({ possible }) => possible.length);
    const length = lengths.find((each) => each !== undefined);
    const { dialect } = upload;
    upload.mayBeDelivered ||= contents.some((content) => dialect.completes(content, length));
    const possible = { contents: isAcknowledged ? [] : contents, length };
    await settle(world, upload, possible, await askClient(world, upload));
    await assertAsKnown(world, upload);
  }
}

function attemptOf(racer: Racer, upload: KnownUpload, model: Model, world: World): Attempt {
  switch (racer) {
    case 'look':
      return looking(world, upload);
    case 'delete':
      return deleting(world, upload);
    case 'terminate':
      return terminating(world, upload);
    case 'move':
      return moving(world, upload);
    case 'cleanup':
      return cleaning(world, upload);
    default:
      return appending(world, upload, patchOf(racer, upload, model.nextBody));
  }
}

/** HEAD makes a running PATCH let go, and never says less than was held. */
function looking(world: World, upload: KnownUpload): Attempt {
  const least = upload.held.length;
  return {
    start: async () => {
      const { gone, offset } = await upload.dialect.look(world, upload);
      assertEqual(offset < least, false, `That HEAD said less than ${least}`);
      return gone ? 'gone' : 'there';
    },
    outcomes: ['there', 'gone'],
    possible: {},
    learn: () => undefined,
  };
}

const racers = fc.oneof(
  { weight: 4, arbitrary: rightPatchPlans },
  { weight: 1, arbitrary: fc.constant('look' as const) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('delete', 'terminate', 'move', 'cleanup'),
  },
);

export const races = fc
  .record({ which: fc.nat(), racers: fc.tuple(racers, racers) })
  .map((plan) => new Race(plan as RacePlan));
