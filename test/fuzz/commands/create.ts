import fc from 'fast-check';
import { post } from '../../support/tus-client.js';
import { assertEqual } from '../expectations.js';
import { KnownUpload } from '../known-upload.js';
import type { Patch } from '../known-upload.js';
import { bodyOf, headersOf, lengths, patchOf, patchPlans } from '../plans.js';
import type { PatchPlan } from '../plans.js';
import type { World } from '../world.js';
import { Command } from './command.js';
import type { Model } from './command.js';

interface CreatePlan {
  /** Left out, the length is deferred. */
  readonly length?: number;
  /** The first bytes, if any are sent along. */
  readonly first?: PatchPlan;
}

/** Makes an upload, with its first bytes or without. */
export class Create extends Command<CreatePlan> {
  async run(model: Model, world: World): Promise<void> {
    const { length, first } = this.plan;
    const upload = new KnownUpload(length);
    const patch = first && firstPatch(first, upload, model);
    const expected = patch ? upload.receive(patch) : 204;
    const body = patch && bodyOf(patch);
    const headers = patch && headersOf(patch);
    const response = await post(world, { length, body, headers });

    assertEqual(response.status, expected === 204 ? 201 : expected, 'The status of a creation');
    if (expected !== 204) return;
    upload.hold(upload.held);
    assertEqual(response.headers['upload-offset'], String(upload.held.length), 'Upload-Offset');
    upload.path = response.headers.location!;
    upload.id = upload.path.slice(-32);
    model.uploads.push(upload);
    world.uploads.push(upload);
  }
}

function firstPatch(plan: PatchPlan, upload: KnownUpload, model: Model): Patch {
  return patchOf({ ...plan, from: 'right', says: 'nothing' }, upload, model.nextBody);
}

export const creations = fc
  .record({
    length: fc.option(lengths, { nil: undefined, freq: 4 }),
    first: fc.option(patchPlans, { nil: undefined, freq: 1 }),
  })
  .map((plan) => new Create(plan));
