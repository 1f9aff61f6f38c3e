import { head } from '../support/tus-client.js';
import { assertEqual, assertOneOf } from './expectations.js';
import type { KnownUpload } from './known-upload.js';
import type { World } from './world.js';

/** Bytes an upload may hold; they begin with those held before. */
export interface Content {
  readonly bytes: Buffer;
  /** Whether they are kept as a whole or not at all. */
  readonly whole: boolean;
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
}

/** Asks by HEAD. */
export async function askClient(world: World, upload: KnownUpload): Promise<Standing> {
  await world.quiet();
  const { status, headers } = await head(world, upload);
  assertOneOf(status, [200, 410], 'The status of HEAD');
  const length = headers['upload-length'];
  return {
    gone: status === 410,
    offset: Number(headers['upload-offset']),
    ...(length !== undefined && { length: Number(length) }),
  };
}

/** Asks the service, which changes nothing. */
export async function askService(world: World, upload: KnownUpload): Promise<Standing> {
  const { state, offset, length } = await world.find(upload);
  return { gone: state === 'terminated', offset, length };
}

/** Learns what has become of an upload, which must be one of the possible things. */
export async function settle(
  world: World,
  upload: KnownUpload,
  possible: Possible,
  { gone, offset, length }: Standing,
): Promise<void> {
  const { contents = [] } = possible;
  const whole = upload.length ?? possible.length;
  upload.mayBeDelivered ||= contents.some(({ bytes }) => bytes.length === whole);
  assertOneOf(gone, upload.gone ? [true] : [false, possible.gone ?? false], 'That it is gone');
  upload.gone = gone;
  if (gone) return;

  assertOneOf(length, [upload.length, whole], 'Upload-Length');
  upload.length = length;
  const known = { bytes: upload.held, whole: true };
  const candidates = [known, ...contents].filter((content) => isAt(content, offset, upload));
  assertEqual(candidates.length > 0, true, `That ${offset} bytes are possible`);
  const kept = ((await world.stored(upload)) ?? upload.held).subarray(0, offset);
  const isSent = candidates.some(({ bytes }) => bytes.subarray(0, offset).equals(kept));
  assertEqual(isSent, true, `That the ${offset} bytes are those that were sent`);
  upload.hold(Buffer.from(kept));
}

/** Whether a content may be what an upload has when it is at an offset. */
function isAt({ bytes, whole }: Content, offset: number, { held }: KnownUpload): boolean {
  if (whole) return bytes.length === offset;
  return held.length <= offset && offset <= bytes.length;
}
