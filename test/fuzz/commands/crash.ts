import { setTimeout as pause } from 'node:timers/promises';
import fc from 'fast-check';
import { appending, cleaning, deleting, moving, terminating } from '../attempt.js';
import type { Attempt } from '../attempt.js';
import { assertFinished, assertOneOf } from '../expectations.js';
import type { KnownUpload } from '../known-upload.js';
import { rightPatchPlans } from '../plans.js';
import type { PatchPlan } from '../plans.js';
import { askService, settle } from '../settle.js';
import type { World } from '../world.js';
import { begin, begunPatch } from './abort.js';
import { UploadCommand } from './command.js';
import type { Model } from './command.js';

type During = 'nothing' | 'append' | 'delete' | 'terminate' | 'move' | 'cleanup';

interface CrashPlan extends PatchPlan {
  readonly which: number;
  /** Which machine is killed. */
  readonly machine: number;
  readonly during: During;
  /** How many thousandths of a body are sent. */
  readonly sent: number;
  /** Milliseconds between the beginning and the kill; `stored`: until the disk has the bytes. */
  readonly wait: number | 'stored';
}

const UNKNOWN = 'unknown';

/** Of two machines, the one may take the other for a silent one where the computer has much to do. */
const FENCED = 'UploadFencedError';

/**
 * Kills the server in the middle of something, and starts it again on the same folder. Where there is
 * another machine, that one goes on.
 */
export class Crash extends UploadCommand<CrashPlan> {
  protected override fits({ gone }: KnownUpload): boolean {
    return !gone;
  }

  protected async runOn(upload: KnownUpload, model: Model, world: World): Promise<void> {
    const machine = this.plan.machine % world.count;
    world.pin(machine);
    const attempt = this.attemptOn(upload, model, world);
    const outcome = attempt?.start().catch(() => UNKNOWN) ?? Promise.resolve(UNKNOWN);
    await this.untilMoment(world, upload, outcome);
    await world.kill(machine);
    if (world.count === 1) await world.start();
    else world.pin(1 - machine);

    const told = await outcome;
    const learnt = told === FENCED ? UNKNOWN : told;
    if (attempt) assertOneOf(learnt, [...attempt.outcomes, UNKNOWN], 'The outcome');
    attempt?.learn(learnt);
    const possible = learnt === UNKNOWN ? (attempt?.possible ?? {}) : {};
    const isService = this.plan.during === 'move' || this.plan.during === 'cleanup';
    if (learnt === UNKNOWN && isService) await this.again(attempt!);
    await settle(world, upload, possible, await askService(world, upload));
    await assertFinished(world, upload);
    await world.start();
    world.pin();
  }

  /** Looks without a pause, for between the last byte and the answer there is little time. */
  private async untilMoment(
    world: World,
    upload: KnownUpload,
    outcome: Promise<string>,
  ): Promise<void> {
    const { wait } = this.plan;
    if (wait !== 'stored') return pause(wait);
    let isOver = false;
    void outcome.then(() => (isOver = true));
    const before = upload.held.length;
    while (!isOver && (await world.sizeOf(upload)) === before) await new Promise(setImmediate);
  }

  /** What was begun with a file can be done again, and ends as if nothing had happened. */
  private async again(attempt: Attempt): Promise<void> {
    const outcome = await attempt.start();
    assertOneOf(outcome, attempt.outcomes, 'The outcome after a crash');
    attempt.learn(outcome);
  }

  private attemptOn(upload: KnownUpload, model: Model, world: World): Attempt | undefined {
    switch (this.plan.during) {
      case 'nothing':
        return undefined;
      case 'delete':
        return deleting(world, upload);
      case 'terminate':
        return terminating(world, upload);
      case 'move':
        return moving(world, upload);
      case 'cleanup':
        return cleaning(world, upload);
      case 'append':
        return this.appendingPart(upload, model, world);
    }
  }

  /** A body of which only a part may be sent. */
  private appendingPart(upload: KnownUpload, model: Model, world: World): Attempt {
    const patch = begunPatch(this.plan, upload, model);
    const bytes = Math.ceil((patch.body.length * this.plan.sent) / 1000);
    return {
      ...appending(world, upload, patch),
      start: async () => {
        const connection = await begin(world, upload, patch, bytes);
        return String((await connection.responseOrClose())?.status ?? UNKNOWN);
      },
    };
  }
}

const during = fc.oneof(
  { weight: 4, arbitrary: fc.constant<During>('append') },
  {
    weight: 1,
    arbitrary: fc.constantFrom<During>('nothing', 'delete', 'terminate', 'move', 'cleanup'),
  },
);

/** Any moment, and most of all the one after the last byte, when all is there and nothing is said. */
const moments = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      amount: fc.constant('rest' as const),
      sent: fc.constant(1000),
      wait: fc.constant('stored' as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      sent: fc.integer({ min: 1, max: 1000 }),
      wait: fc.oneof(fc.constant('stored' as const), fc.nat({ max: 12 })),
    }),
  },
);

export const crashes = fc
  .tuple(rightPatchPlans, moments, fc.record({ which: fc.nat(), machine: fc.nat(), during }))
  .map(([plan, moment, rest]) => new Crash({ ...plan, ...moment, ...rest }));
