import fc from 'fast-check';
import { DIALECTS } from '../dialects/index.js';
import type { DialectName } from '../dialects/index.js';
import { assertEqual } from '../expectations.js';
import { KnownUpload } from '../known-upload.js';
import type { Patch } from '../known-upload.js';
import { lengths, patchOf, patchPlans } from '../plans.js';
import type { PatchPlan } from '../plans.js';
import type { World } from '../world.js';
import { Command } from './command.js';
import type { Model } from './command.js';

interface CreatePlan {
  readonly by: DialectName;
  /** Left out, the length is deferred. */
  readonly length?: number;
  /** The first bytes, if any are sent along. */
  readonly first?: PatchPlan;
}

/** Makes an upload, with its first bytes or without. */
export class Create extends Command<CreatePlan> {
  async run(model: Model, world: World): Promise<void> {
    const { by, length, first } = this.plan;
    const dialect = DIALECTS[by];
    const upload = new KnownUpload(dialect, length);
    const patch = first && firstPatch(first, upload, model);
    const received = patch ? upload.receive(patch) : 204;
    const response = await dialect.create(world, upload, patch);

    const expected = dialect.statusOfCreation(received);
    assertEqual(response.status, expected, 'The status of a creation');
    if (!dialect.taken.includes(String(received))) return;
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
    by: fc.constantFrom<DialectName>('tus', 'ietf'),
    length: fc.option(lengths, { nil: undefined, freq: 4 }),
    first: fc.option(patchPlans, { nil: undefined, freq: 1 }),
  })
  .map((plan) => new Create(plan));
