import fc from 'fast-check';
import { request } from '../../support/http-client.js';
import type { HttpResponse } from '../../support/http-client.js';
import { assertEqual } from '../expectations.js';
import type { KnownUpload, Patch } from '../known-upload.js';
import { bodyOf, patchOf, patchPlans } from '../plans.js';
import type { PatchPlan } from '../plans.js';
import type { World } from '../world.js';
import { UploadCommand } from './command.js';
import type { Model } from './command.js';

/** Sends a PATCH as it stands. */
export function send(
  world: World,
  { path, dialect }: KnownUpload,
  patch: Patch,
): Promise<HttpResponse> {
  const headers = dialect.headersOf(patch);
  return request(world, { method: 'PATCH', path, headers, body: bodyOf(patch) });
}

interface AppendPlan extends PatchPlan {
  readonly which: number;
}

/** Sends bytes: right ones, too many, at the wrong place, with the wrong checksum. */
export class Append extends UploadCommand<AppendPlan> {
  protected async runOn(upload: KnownUpload, model: Model, world: World): Promise<void> {
    await this.append(world, upload, patchOf(this.plan, upload, model.nextBody));
  }

  protected async append(world: World, upload: KnownUpload, patch: Patch): Promise<void> {
    const expected = upload.receive(patch);
    const { status, headers } = await send(world, upload, patch);
    assertEqual(status, expected, 'The status of a PATCH');
    if (status >= 300 && status !== 409) return;
    assertEqual(headers['upload-offset'], String(upload.held.length), 'Upload-Offset');
  }
}

/** Repeats the end of a finished upload, as a client does that lost the last answer. */
export class Repeat extends Append {
  protected override fits({ complete }: KnownUpload): boolean {
    return complete;
  }

  protected override async runOn(upload: KnownUpload, _model: Model, world: World): Promise<void> {
    const end = upload.held.length;
    const start = Math.max(end - this.plan.share, 0);
    const { chunked } = this.plan;
    const common = { chunked, last: true, checksum: 'none' } as const;
    const body = upload.held.subarray(start);
    if (start < end) await this.append(world, upload, { ...common, offset: start, body });
    await this.append(world, upload, { ...common, offset: end, body: Buffer.alloc(0) });
  }
}

const plans = fc.tuple(fc.nat(), patchPlans).map(([which, plan]) => ({ which, ...plan }));

export const appends = plans.map((plan) => new Append(plan));
export const repeats = plans.map((plan) => new Repeat(plan));
