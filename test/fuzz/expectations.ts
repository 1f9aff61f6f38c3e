import { createHash } from 'node:crypto';
import { eventually } from '../support/eventually.js';
import type { KnownUpload } from './known-upload.js';
import type { World } from './world.js';

/** Milliseconds that a finish or a delivery may take. */
const PATIENCE = 15_000;

/** Expects a value where Jest may not be there to. */
export function assertEqual(actual: unknown, expected: unknown, what: string): void {
  const [is, should] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (is !== should) throw new Error(`${what} is ${is}, not ${should}.`);
}

export function assertOneOf<T>(actual: T, allowed: readonly T[], what: string): void {
  if (allowed.includes(actual)) return;
  throw new Error(`${what} is ${JSON.stringify(actual)}, none of ${JSON.stringify(allowed)}.`);
}

/** HEAD says exactly what is known, and the disk has the bytes. */
export async function assertAsKnown(world: World, upload: KnownUpload): Promise<void> {
  const { length, held, gone, complete } = upload;
  const standing = await upload.dialect.look(world, upload);
  assertEqual(standing.gone, gone, 'That HEAD says it is gone');
  if (gone) return;
  assertEqual(standing.offset, held.length, 'Upload-Offset');
  assertEqual(standing.length, length, 'Upload-Length');
  assertEqual(standing.complete ?? complete, complete, 'That HEAD says it is complete');
  await assertStored(world, upload);
}

/** The disk has the bytes that are known to be kept. */
export async function assertStored(world: World, upload: KnownUpload): Promise<void> {
  if (upload.gone && upload.moved === undefined) return;
  const stored = (await world.stored(upload)) ?? upload.held;
  const isSame = stored.subarray(0, upload.held.length).equals(upload.held);
  assertEqual(isSame, true, `That the disk has the ${upload.held.length} bytes sent`);
}

/** An upload all of whose bytes are there comes to be finished, also when nobody asks for it. */
export async function assertFinished(world: World, upload: KnownUpload): Promise<void> {
  if (!upload.complete || upload.gone) return;
  const state = async (): Promise<string> => (await world.find(upload)).state;
  await eventually(async () => assertEqual(await state(), 'finished', 'The state'), PATIENCE);
}

/**
 * The handler was told of every finished upload, at least once and at most once more for each
 * crash, and of no other.
 */
export async function assertDelivered(world: World, upload: KnownUpload): Promise<void> {
  const { complete, gone, mayBeDelivered, crashes } = upload;
  if (complete && !gone) {
    const told = async (): Promise<boolean> => (await world.deliveriesOf(upload)).length > 0;
    await eventually(async () => assertEqual(await told(), true, 'That it is delivered'), PATIENCE);
  }
  const calls = await world.deliveriesOf(upload);
  const most = mayBeDelivered ? 1 + crashes : 0;
  assertEqual(calls.length <= most, true, `That ${calls.length} deliveries are at most ${most}`);
  const sha256 = createHash('sha256').update(upload.held).digest('hex');
  const mayBeAway = gone || upload.removed || upload.moved !== undefined;
  for (const call of complete ? calls : []) {
    assertEqual(call.size, upload.length, 'The size delivered');
    if (call.sha256 === undefined && mayBeAway) continue;
    assertEqual(call.sha256, sha256, 'The SHA-256 of the file delivered');
  }
}

/** Everything is as it is known, nobody was told anything wrong, and nothing was logged. */
export async function assertAllAsKnown(
  world: World,
  uploads: readonly KnownUpload[],
): Promise<void> {
  // First of all, for HEAD would finish what must finish by itself after a crash.
  for (const upload of uploads) await assertDelivered(world, upload);
  for (const upload of uploads) await assertAsKnown(world, upload);
  await assertNothingLeft(
    world,
    uploads.filter(({ crashes }) => crashes === 0),
  );
  // What a killed process did not come to remove, the next pass does.
  assertEqual(await world.call('cleanup'), 'done', 'The outcome of a cleanup pass');
  await assertNothingLeft(world, uploads);
  assertEqual(world.errorOutput, '', 'What servers logged');
}

/** The files of uploads that are gone, or that the application deleted, are gone too. */
async function assertNothingLeft(world: World, uploads: readonly KnownUpload[]): Promise<void> {
  const files = new Set(await world.files());
  const over = uploads.filter(({ gone, removed }) => gone || removed).map(({ id }) => id);
  const left = over.filter((id) => files.has(id));
  assertEqual(left, [], 'What is left of uploads that are gone');
}
