import { assertEqual, assertOneOf } from './expectations.js';
import type { KnownUpload } from './known-upload.js';
import type { World } from './world.js';

/** Bytes an upload may hold; they begin with those held before. */
export interface Content {
  readonly bytes: Buffer;
  /** Whether they are kept as a whole or not at all. */
  readonly whole: boolean;
  /** Whether they were sent as the last ones. */
  readonly last: boolean;
}

/** What may have become of an upload. */
export interface Possible {
  readonly contents?: readonly Content[];
  /** A length that may have been set. */
  readonly length?: number;
  /** Whether it may be gone. */
  readonly gone?: boolean;
}

/** Where an upload stands, as somebody was told. */
export interface Standing {
  readonly gone: boolean;
  readonly offset: number;
  readonly length?: number;
  /** Whether it is complete, where the protocol has a word for that. */
  readonly complete?: boolean;
}

/** Asks by HEAD. */
export async function askClient(world: World, upload: KnownUpload): Promise<Standing> {
  await world.quiet();
  return upload.dialect.look(world, upload);
}

/** Asks the service, which changes nothing. */
export async function askService(world: World, upload: KnownUpload): Promise<Standing> {
  const { state, offset, length } = await world.find(upload);
  return { gone: state === 'terminated', offset, length, complete: state === 'finished' };
}

/** Learns what has become of an upload, which must be one of the possible things. */
export async function settle(
  world: World,
  upload: KnownUpload,
  possible: Possible,
  { gone, offset, length, complete = upload.saidComplete }: Standing,
): Promise<void> {
  const { contents = [] } = possible;
  const { dialect } = upload;
  const whole = upload.length ?? possible.length;
  upload.mayBeDelivered ||= contents.some((content) => dialect.completes(content, whole));
  assertOneOf(gone, upload.gone ? [true] : [false, possible.gone ?? false], 'That it is gone');
  upload.gone = gone;
  if (gone) return;

  assertOneOf(length, [upload.length, whole, complete ? offset : whole], 'Upload-Length');
  upload.length = length;
  const known = { bytes: upload.held, whole: true, last: upload.saidComplete };
  const candidates = [known, ...contents].filter((content) => isAt(content, offset, upload));
  assertEqual(candidates.length > 0, true, `That ${offset} bytes are possible`);
  const kept = ((await world.stored(upload)) ?? upload.held).subarray(0, offset);
  const isSent = candidates.some(({ bytes }) => bytes.subarray(0, offset).equals(kept));
  assertEqual(isSent, true, `That the ${offset} bytes are those that were sent`);
  const mayBeComplete = candidates.some(
    (content) => content.bytes.length === offset && dialect.completes(content, length),
  );
  assertOneOf(
    complete,
    upload.saidComplete ? [true] : [mayBeComplete, false],
    'That it is complete',
  );
  upload.saidComplete = complete;
  upload.hold(Buffer.from(kept));
}

/** Whether a content may be what an upload has when it is at an offset. */
function isAt({ bytes, whole }: Content, offset: number, { held }: KnownUpload): boolean {
  if (whole) return bytes.length === offset;
  return held.length <= offset && offset <= bytes.length;
}
