import { setTimeout as pause } from 'node:timers/promises';
import fc from 'fast-check';
import { appending, CUT } from '../attempt.js';
import { assertFinished, assertOneOf } from '../expectations.js';
import type { KnownUpload } from '../known-upload.js';
import { patchOf, rightPatchPlans } from '../plans.js';
import type { PatchPlan } from '../plans.js';
import { askService, settle } from '../settle.js';
import type { World } from '../world.js';
import { UploadCommand } from './command.js';
import type { Model } from './command.js';

interface RestartPlan extends PatchPlan {
  readonly which: number;
  /** Milliseconds between the beginning of a PATCH and the end of the database. */
  readonly wait: number;
}

/** What a PATCH may be told while the database is away, or because it was. */
const AWAY = ['503', CUT];

/** Restarts the database in the middle of a PATCH. */
export class RestartDatabase extends UploadCommand<RestartPlan> {
  protected override fits({ gone, complete }: KnownUpload): boolean {
    return !gone && !complete;
  }

  protected async runOn(upload: KnownUpload, model: Model, world: World): Promise<void> {
    const attempt = appending(world, upload, patchOf(this.plan, upload, model.nextBody));
    const outcome = attempt.start();
    await pause(this.plan.wait);
    await world.restartDatabase();
    const learnt = await outcome;
    assertOneOf(learnt, [...attempt.outcomes, ...AWAY], 'The outcome');
    attempt.learn(learnt);
    // Who is dropped hears nothing of what goes on.
    await world.quiet();
    await world.whole(upload);
    const possible = AWAY.includes(learnt) ? attempt.possible : {};
    await settle(world, upload, possible, await askService(world, upload));
    await assertFinished(world, upload);
  }
}

export const restarts = fc
  .record({ plan: rightPatchPlans, which: fc.nat(), wait: fc.nat({ max: 20 }) })
  .map(({ plan, ...rest }) => new RestartDatabase({ ...plan, ...rest }));
