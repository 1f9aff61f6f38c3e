import { randomBytes } from 'node:crypto';
import { ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import { asError } from '../../errors/index.js';
import { TusOptionError } from '../../options/index.js';
import { GatheredBytes } from './gathering/gathered-bytes.js';
import { PartBody } from './gathering/part-body.js';
import type { MultipartAddress } from './requests/multipart-requests.js';
import type { S3Context } from './s3.context.js';
import { codeOf, statusOf } from './s3.errors.js';
import { wrong } from './s3.options.js';

/** What a part is sent with that shows whether the store keeps parts as they are. */
const SAMPLE = ['nestjs', '-tus'];

const CREDENTIALS: ReadonlySet<string> = new Set([
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'ExpiredToken',
  'InvalidToken',
  'TokenRefreshRequired',
  'CredentialsProviderError',
]);

const REGION: ReadonlySet<string> = new Set([
  'AuthorizationHeaderMalformed',
  'PermanentRedirect',
  'TemporaryRedirect',
  'IllegalLocationConstraintException',
]);

/** What a store says that knows no checksums after the bytes. */
const NO_TRAILERS: ReadonlySet<string> = new Set([
  'MissingContentLength',
  'NotImplemented',
  'XAmzContentSHA256Mismatch',
  'InvalidArgument',
  'InvalidRequest',
]);

const TRAILER_REMEDY =
  'The store does not keep bytes as the client sends them: give the client ' +
  "requestChecksumCalculation: 'WHEN_REQUIRED', as stores other than AWS may need it.";

/**
 * Tries at start what uploads need: a folder for scratch files, the bucket, and parts that are kept as
 * they were sent. Nothing is left of it.
 *
 * @throws TusOptionError with what to do
 */
export async function checkStart(context: S3Context): Promise<void> {
  await checkScratch(context);
  await checkBucket(context);
  await checkParts(context);
}

async function checkScratch({ scratch }: S3Context): Promise<void> {
  try {
    await scratch.open();
  } catch (error) {
    throw wrong(
      'scratch',
      scratch.path,
      `Name a folder that can be written: ${said(error)}`,
      error,
    );
  }
}

async function checkBucket(context: S3Context): Promise<void> {
  const { client, bucket, prefix } = context.options;
  try {
    const input = { Bucket: bucket, Prefix: prefix, MaxUploads: 1 };
    await client.send(new ListMultipartUploadsCommand(input));
  } catch (error) {
    throw await faultOf(error, context);
  }
}

/**
 * Begins an upload, sends a part of it and drops it.
 *
 * @throws TusOptionError with what to do
 */
export async function checkParts(context: S3Context): Promise<void> {
  const key = `${context.checksPrefix}${randomBytes(12).toString('hex')}`;
  const { bucket } = context.options;
  const at = await context.multiparts.create({ bucket, key }).then(
    (uploadId) => ({ bucket, key, uploadId }),
    async (error: unknown) => Promise.reject(await faultOf(error, context)),
  );
  try {
    await checkPart(at, context);
  } catch (error) {
    throw NO_TRAILERS.has(codeOf(error))
      ? wrong('client', '…', TRAILER_REMEDY, error)
      : await faultOf(error, context);
  } finally {
    await context.multiparts.abort(at).catch(() => {});
  }
}

async function checkPart(at: MultipartAddress, context: S3Context): Promise<void> {
  const body = await bodyOf(SAMPLE, context);
  const { size } = body;
  try {
    await context.multiparts.uploadPart(at, 1, body);
  } finally {
    await body.free();
  }
  const [part] = await context.multiparts.parts(at);
  if (part?.size !== size) throw wrong('client', '…', TRAILER_REMEDY);
}

/** In pieces, so that it is sent as a stream. */
async function bodyOf(words: readonly string[], { memory, scratch }: S3Context): Promise<PartBody> {
  const pieces: GatheredBytes[] = [];
  for (const word of words) {
    const piece = new GatheredBytes(memory, scratch);
    await piece.append(Buffer.from(word));
    pieces.push(piece);
  }
  return new PartBody(pieces);
}

/** The option that is wrong, with what to do about it. */
async function faultOf(error: unknown, { options }: S3Context): Promise<unknown> {
  const { bucket, client } = options;
  if (error instanceof TusOptionError) return error;
  const code = codeOf(error);
  if (code === 'NoSuchBucket' || statusOf(error) === 404) {
    return wrong('bucket', bucket, 'There is no such bucket: make it, or name another.', error);
  }
  if (CREDENTIALS.has(code)) {
    return wrong('client', '…', `The store takes no such credentials: ${said(error)}`, error);
  }
  if (REGION.has(code)) {
    const region = await client.config.region().catch(() => undefined);
    const remedy = `The bucket "${bucket}" is not in its region: ${said(error)}`;
    return wrong('client', { region }, remedy, error);
  }
  if (statusOf(error) === 403) {
    const needed = 'to list, begin, fill, complete and abort multipart uploads, and to put objects';
    return wrong(
      'bucket',
      bucket,
      `The client may not use it: it must be allowed ${needed}.`,
      error,
    );
  }
  return wrong('client', '…', `The store cannot be used: ${said(error)}`, error);
}

function said(error: unknown): string {
  const { name, message } = asError(error);
  const words = [codeOf(error), message === 'UnknownError' ? '' : message];
  return (
    words.filter((word) => word !== '' && word !== 'Error' && word !== name).join(': ') || name
  );
}
