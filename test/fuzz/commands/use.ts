import fc from 'fast-check';
import { assertAsKnown, assertEqual, assertOneOf } from '../expectations.js';
import type { KnownUpload } from '../known-upload.js';
import type { World } from '../world.js';
import { UploadCommand } from './command.js';
import type { Model } from './command.js';

interface Plan {
  readonly which: number;
}

/** Asks by HEAD. */
export class Look extends UploadCommand<Plan> {
  protected async runOn(upload: KnownUpload, _model: Model, world: World): Promise<void> {
    await assertAsKnown(world, upload);
  }
}

/** Terminates an upload as its client. */
export class Delete extends UploadCommand<Plan> {
  protected async runOn(upload: KnownUpload, _model: Model, world: World): Promise<void> {
    const { status } = await upload.dialect.end(world, upload);
    // A finished upload stays while its handler has it in hand.
    const refused = upload.complete ? [423] : [];
    assertOneOf(status, upload.gone ? [410] : [204, ...refused], 'The status of a DELETE');
    upload.gone ||= status === 204;
  }
}

/** Terminates an upload as the application. */
export class Terminate extends UploadCommand<Plan> {
  protected async runOn(upload: KnownUpload, _model: Model, world: World): Promise<void> {
    assertEqual(await world.call('terminate', `/${upload.id}`), 'done', 'The outcome');
    upload.gone = true;
  }
}

interface MovePlan extends Plan {
  readonly name: string;
}

/** Moves the file of an upload, which only a finished one has, and to one place only. */
export class Move extends UploadCommand<MovePlan> {
  protected async runOn(upload: KnownUpload, _model: Model, world: World): Promise<void> {
    const target = world.targetOf(upload, this.plan.name);
    const has = upload.complete && !upload.gone && !upload.removed;
    const expected = has && (upload.moved ?? target) === target ? 'done' : 'NoFileError';
    assertEqual(await moveTo(world, upload, target), expected, 'The outcome of moveTo()');
    if (expected === 'done') upload.moved = target;
    await assertAsKnown(world, upload);
  }
}

export function moveTo(world: World, { id }: KnownUpload, target: string): Promise<string> {
  return world.call('moveTo', `/${id}?path=${encodeURIComponent(target)}`);
}

/** Deletes the file of a finished upload. */
export class CleanupFile extends UploadCommand<Plan> {
  protected async runOn(upload: KnownUpload, _model: Model, world: World): Promise<void> {
    const expected = upload.complete && !upload.gone ? 'done' : 'NoFileError';
    assertEqual(await world.call('cleanupFile', `/${upload.id}`), expected, 'The outcome');
    upload.removed ||= expected === 'done';
    await assertAsKnown(world, upload);
  }
}

/** Makes a cleanup pass, which none of these uploads is due for. */
export class Sweep extends UploadCommand<Plan> {
  protected async runOn(upload: KnownUpload, _model: Model, world: World): Promise<void> {
    assertEqual(await world.call('cleanup'), 'done', 'The outcome of a cleanup pass');
    await assertAsKnown(world, upload);
  }
}

const plans = fc.record({ which: fc.nat() });

export const looks = plans.map((plan) => new Look(plan));
export const deletions = plans.map((plan) => new Delete(plan));
export const terminations = plans.map((plan) => new Terminate(plan));
export const cleanups = plans.map((plan) => new CleanupFile(plan));
export const sweeps = plans.map((plan) => new Sweep(plan));
export const moves = fc
  .record({ which: fc.nat(), name: fc.constantFrom('here', 'here', 'there') })
  .map((plan) => new Move(plan));
