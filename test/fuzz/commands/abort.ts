import fc from 'fast-check';
import { RawConnection, rawHead } from '../../support/raw-http.js';
import type { KnownUpload, Patch } from '../known-upload.js';
import { patchOf, rightPatchPlans } from '../plans.js';
import type { PatchPlan } from '../plans.js';
import { askClient, settle } from '../settle.js';
import type { World } from '../world.js';
import { UploadCommand } from './command.js';
import type { Model } from './command.js';

/** The PATCH of a plan as `begin()` sends it: it tells how long its body is. */
export function begunPatch(plan: PatchPlan, upload: KnownUpload, { nextBody }: Model): Patch {
  return { ...patchOf(plan, upload, nextBody), chunked: false };
}

/** Begins a PATCH: its head and the first bytes of its body. */
export async function begin(
  world: World,
  { path, dialect }: KnownUpload,
  patch: Patch,
  bytes: number,
): Promise<RawConnection> {
  const length = { 'Content-Length': String(patch.body.length) };
  const lines = Object.entries({ ...dialect.headersOf(patch), ...length });
  const head = rawHead(
    'PATCH',
    path,
    lines.map(([name, value]) => `${name}: ${value}`),
  );
  const connection = await RawConnection.open(world);
  await connection.write(Buffer.concat([Buffer.from(head), patch.body.subarray(0, bytes)]));
  return connection;
}

interface AbortPlan extends PatchPlan {
  readonly which: number;
  /** How many thousandths of the body are sent. */
  readonly sent: number;
  /** Whether the client says that it ends, or just does. */
  readonly gently: boolean;
}

/** Breaks off a PATCH in the middle of its body: what came is kept, unless a checksum was to come. */
export class Abort extends UploadCommand<AbortPlan> {
  protected override fits({ gone, complete }: KnownUpload): boolean {
    return !gone && !complete;
  }

  protected async runOn(upload: KnownUpload, model: Model, world: World): Promise<void> {
    const patch = begunPatch(this.plan, upload, model);
    const bytes = Math.floor((patch.body.length * this.plan.sent) / 1000);
    // What a machine goes on with when the connection is gone, it alone has in order.
    world.pin(this.plan.which % world.count);
    const connection = await begin(world, upload, patch, bytes);
    if (this.plan.gently) connection.end();
    else connection.destroy();
    await connection.closed;

    const content = Buffer.concat([upload.held, patch.body.subarray(0, bytes)]);
    // An empty body is whole at once.
    const isWhole = bytes === patch.body.length;
    const possibly = { bytes: content, whole: isWhole, last: patch.last && isWhole };
    const contents = patch.checksum === 'none' || isWhole ? [possibly] : [];
    const possible = { contents, length: upload.dialect.lengthOf(patch) };
    await settle(world, upload, possible, await askClient(world, upload));
    world.pin();
  }
}

export const aborts = fc
  .tuple(rightPatchPlans, fc.nat(), fc.nat({ max: 999 }), fc.boolean())
  .map(([plan, which, sent, gently]) => new Abort({ ...plan, which, sent, gently }));
