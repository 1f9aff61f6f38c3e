import { UploadLostError } from '../../../errors/index.js';
import type { UploadRecord } from '../../../registry/index.js';
import { countOf, includesPart } from '../part-numbers.js';
import { LAST_PART } from '../part-plan.js';
import type { MultipartAddress } from '../requests/multipart-requests.js';
import type { S3Part } from '../requests/s3-requests.interface.js';
import type { S3Context } from '../s3.context.js';
import { isInvalidPart, isMissing, isPreconditionFailed } from '../s3.errors.js';
import type { S3State } from '../s3-state.js';
import { cutOut, detourOf } from './detour.js';

/** How often parts are looked at again when one has come meanwhile. */
const ATTEMPTS = 3;

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
  for (let attempt = 1; ; attempt += 1) {
    const there = state.multipart && (await partsOf(at, context));
    if (!there) return findMade(record, current, context);
    const counted = countedOf(record, state, there);
    try {
      if (current.detour) await completeAll(record, current, there, context);
      else return await complete(record, state, counted, context);
      return await cutOut(record, current, context);
    } catch (error) {
      if (isMissing(error) || isPreconditionFailed(error)) {
        return findMade(record, current, context);
      }
      if (!isInvalidPart(error) || attempt === ATTEMPTS) throw error;
    }
    // Some stores, such as Ceph's, leave no part out.
    current = detourOf(state, await context.multiparts.parts(at));
    if (current.detour) await context.keep(record.id, current);
  }
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
    throw new UploadLostError(id, 'its last part was replaced by one that came late');
  }
  const bytes = counted.reduce((total, { size }) => total + size, 0);
  if (bytes === state.size) return counted;
  throw new UploadLostError(id, `its parts have ${bytes} bytes, not ${state.size}`);
}

async function complete(
  record: UploadRecord,
  state: S3State,
  parts: readonly S3Part[],
  context: S3Context,
): Promise<S3State> {
  const { bucket, key, multipart } = state;
  const at = { bucket, key, uploadId: multipart?.id ?? '' };
  const isNew = !context.isOwn(record.id, state);
  const etag = await context.multiparts.complete(at, parts, { isNew });
  return { ...state, multipart: undefined, etag };
}

async function completeAll(
  record: UploadRecord,
  state: S3State,
  there: readonly S3Part[],
  context: S3Context,
): Promise<void> {
  const now = detourOf(state, there);
  // What has come since is to be cut out as well.
  if (now.detour?.size !== state.detour?.size) await context.keep(record.id, now);
  await complete(record, now, there, context);
}
