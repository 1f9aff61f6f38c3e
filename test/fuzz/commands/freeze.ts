import { setTimeout as pause } from 'node:timers/promises';
import fc from 'fast-check';
import { appending } from '../attempt.js';
import { assertAsKnown, assertEqual, assertOneOf } from '../expectations.js';
import type { KnownUpload, Patch } from '../known-upload.js';
import { patchOf, rightPatchPlans } from '../plans.js';
import type { PatchPlan } from '../plans.js';
import { askService, settle } from '../settle.js';
import type { World } from '../world.js';
import { begin, begunPatch } from './abort.js';
import { UploadCommand } from './command.js';
import type { Model } from './command.js';

interface FreezePlan extends PatchPlan {
  readonly which: number;
  /** Which machine is frozen. */
  readonly machine: number;
  /** How many thousandths of the body are sent before. */
  readonly sent: number;
  /** Milliseconds from the beginning to that. */
  readonly wait: number;
  /** What is sent to the other machine meanwhile; the rest of the body comes to the frozen one. */
  readonly elsewhere: PatchPlan;
}

const NOTHING = 'nothing';

/** Milliseconds in which an answer is read that was sent before. */
const ON_ITS_WAY = 50;

/**
 * Freezes a machine in the middle of a PATCH, goes on at the other one, and wakes it: what it does then
 * counts no more.
 */
export class Freeze extends UploadCommand<FreezePlan> {
  protected override fits({ gone, complete }: KnownUpload): boolean {
    return !gone && !complete;
  }

  protected async runOn(upload: KnownUpload, model: Model, world: World): Promise<void> {
    const { plan } = this;
    const machine = plan.machine % world.count;
    const patch = begunPatch(plan, upload, model);
    const sent = Math.ceil((patch.body.length * plan.sent) / 1000);
    world.pin(machine);
    const connection = await begin(world, upload, patch, sent);
    const outcome = connection.responseOrClose().then(
      (answer) => String(answer?.status ?? NOTHING),
      () => NOTHING,
    );
    await pause(plan.wait);
    world.freeze(machine);
    try {
      const early = await Promise.race([outcome, pause(ON_ITS_WAY)]);
      world.pin(1 - machine);
      await this.goOn(upload, patch, world, early);
      await this.sendElsewhere(upload, model, world);
      // More than the system takes for it would not be written before it is awake.
      void connection.write(patch.body.subarray(sent)).catch(() => undefined);
    } finally {
      world.thaw(machine);
    }
    const late = await outcome;
    connection.destroy();
    await this.settleLate(upload, patch, world, late);
    await assertAsKnown(world, upload);
  }

  /** Learns where the upload stands at the other machine, which takes it over. */
  private async goOn(
    upload: KnownUpload,
    patch: Patch,
    world: World,
    early: string | void,
  ): Promise<void> {
    const { possible, outcomes, learn } = appending(world, upload, patch);
    if (early !== undefined) {
      assertOneOf(early, outcomes, 'The outcome before the freeze');
      learn(early);
    }
    const standing = await upload.dialect.look(world, upload);
    await settle(world, upload, early === undefined ? possible : {}, standing);
  }

  private async sendElsewhere(upload: KnownUpload, model: Model, world: World): Promise<void> {
    if (upload.complete || upload.gone) return;
    const patch = patchOf(this.plan.elsewhere, upload, model.nextBody);
    const attempt = appending(world, upload, patch);
    const outcome = await attempt.start();
    assertOneOf(outcome, upload.dialect.taken, 'The outcome at the other machine');
    attempt.learn(outcome);
  }

  /**
   * What the frozen machine had not read it takes for new when it wakes; else it may only have been about
   * to say what is true.
   */
  private async settleLate(
    upload: KnownUpload,
    patch: Patch,
    world: World,
    late: string,
  ): Promise<void> {
    const { offset, body } = patch;
    const { possible, learn } = appending(world, upload, patch);
    const isNext = offset === upload.held.length && !upload.complete;
    const isTaken = upload.dialect.taken.includes(late);
    const isKept = upload.held.subarray(offset, offset + body.length).equals(body);
    if (isTaken && isNext) learn(late);
    else assertEqual(isKept || !isTaken, true, 'That bytes are kept that a frozen machine took');
    await world.quiet();
    await world.whole(upload);
    const mayCount = isNext && !isTaken;
    await settle(world, upload, mayCount ? possible : {}, await askService(world, upload));
  }
}

export const freezes = fc
  .record({
    plan: rightPatchPlans,
    which: fc.nat(),
    machine: fc.nat(),
    sent: fc.oneof(fc.constant(1000), fc.integer({ min: 1, max: 1000 })),
    wait: fc.nat({ max: 30 }),
    elsewhere: rightPatchPlans,
  })
  .map(({ plan, ...rest }) => new Freeze({ ...plan, ...rest }));
