import { UploadLostError } from '../../../errors/index.js';
import type { UploadRecord } from '../../../registry/index.js';
import { countOf, includesPart } from '../part-numbers.js';
import { LAST_PART } from '../part-plan.js';
import type { MultipartAddress } from '../requests/multipart-requests.js';
import type { PlaceTerms, S3Part } from '../requests/s3-requests.interface.js';
import type { S3Context } from '../s3.context.js';
import { isInvalidPart, isMissing, isPreconditionFailed } from '../s3.errors.js';
import type { S3State } from '../s3-state.js';
import { cutOut, detourOf } from './detour.js';
import { termsOf } from './place-object.js';

/** How often parts are looked at again when one has come meanwhile. */
const ATTEMPTS = 3;

/** The number of the last part is the one that processes share: a part that came late has it. */
export class LastPartReplacedError extends UploadLostError {}

/**
 * Makes the parts that count one object. May be repeated: one that was made before is found.
 *
 * @returns what its record is to say
 * @throws UploadLostError when a part, or the object, is not what it was
 */
export async function finishObject(
  record: UploadRecord,
  state: S3State,
  context: S3Context,
): Promise<S3State> {
  const at = { bucket: state.bucket, key: state.key, uploadId: state.multipart?.id ?? '' };
  let current = state;
  let terms: PlaceTerms = { isNew: !context.isOwn(record.id, state) };
  for (let attempt = 1; ; attempt += 1) {
    const there = state.multipart && (await partsOf(at, context));
    if (!there) return findMade(record, current, context);
    const counted = countedOf(record, state, there);
    // What has come since is to be cut out as well.
    if (current.detour) current = await takeDetour(record, state, there, context);
    try {
      if (!current.detour) return await complete(state, counted, context, terms);
      await complete(current, there, context, terms);
      return await cutOut(record, current, context);
    } catch (error) {
      const hasChanged = isMissing(error) || isPreconditionFailed(error);
      if ((!hasChanged && !isInvalidPart(error)) || attempt === ATTEMPTS) throw error;
      if (hasChanged) terms = await termsNow(record, state, context);
      else current = await takeDetour(record, state, await context.multiparts.parts(at), context);
    }
  }
}

/** Some stores, such as Ceph's, leave no part out. */
async function takeDetour(
  { id }: UploadRecord,
  state: S3State,
  there: readonly S3Part[],
  context: S3Context,
): Promise<S3State> {
  const now = detourOf(state, there);
  if (now.detour) await context.keep(id, now);
  return now;
}

/** @throws UploadLostError when the place has become another's */
async function termsNow(
  record: UploadRecord,
  state: S3State,
  context: S3Context,
): Promise<PlaceTerms> {
  const terms = await termsOf(record, state, context);
  if (terms) return terms;
  throw new UploadLostError(record.id, `another object lies at "${state.key}"`);
}

function findMade(record: UploadRecord, state: S3State, context: S3Context): Promise<S3State> {
  return state.detour ? cutOut(record, state, context) : findObject(record, state, context);
}

async function findObject(
  record: UploadRecord,
  state: S3State,
  context: S3Context,
): Promise<S3State> {
  const { id } = record;
  const found = await context.objects.head(state);
  if (!found) throw new UploadLostError(id, 'neither its parts nor its object are in the bucket');
  if (!context.isMarked(id, found)) {
    throw new UploadLostError(id, `another object lies at "${state.key}"`);
  }
  if (found.size === state.size) return { ...state, multipart: undefined, etag: found.etag };
  throw new UploadLostError(id, `its object has ${found.size} bytes, not ${state.size}`);
}

async function partsOf(
  at: MultipartAddress,
  context: S3Context,
): Promise<readonly S3Part[] | undefined> {
  try {
    return await context.multiparts.parts(at);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** The parts that count, of those that are there: all of them, and as many bytes. */
function countedOf({ id }: UploadRecord, state: S3State, there: readonly S3Part[]) {
  const numbers = state.multipart?.parts ?? [];
  const counted = there.filter(({ number }) => includesPart(numbers, number));
  const missing = countOf(numbers) - counted.length;
  if (missing > 0) throw new UploadLostError(id, `${missing} of its parts are not in the bucket`);
  const last = counted.find(({ number }) => number === LAST_PART);
  if (last && last.etag !== state.multipart?.lastEtag) {
    throw new LastPartReplacedError(id, 'its last part was replaced by one that came late');
  }
  const bytes = counted.reduce((total, { size }) => total + size, 0);
  if (bytes === state.size) return counted;
  throw new UploadLostError(id, `its parts have ${bytes} bytes, not ${state.size}`);
}

async function complete(
  state: S3State,
  parts: readonly S3Part[],
  context: S3Context,
  terms: PlaceTerms,
): Promise<S3State> {
  const { bucket, key, multipart } = state;
  const at = { bucket, key, uploadId: multipart?.id ?? '' };
  const etag = await context.multiparts.complete(at, parts, terms);
  return { ...state, multipart: undefined, etag };
}
