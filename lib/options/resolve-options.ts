import { resolve } from 'node:path';
import type {
  TusConcatenationOptions,
  TusMetadataOptions,
  TusModuleOptions,
} from '../interfaces/index.js';
import {
  ALL_EXTENSIONS,
  DEFAULT_EXTENSIONS,
  EXTENSION_NEEDS,
  type TusExtension,
} from '../protocol/index.js';
import { parseCors } from './cors.js';
import { parseDownload } from './download.js';
import { parseDuration, parseTimer } from './duration.js';
import { parseDirectoryMode, parseFileMode } from './mode.js';
import { TusOptionError } from '../errors/index.js';
import { parseHash } from './hash.js';
import { parseFactory } from './factory.js';
import { assertKeys } from './option-keys.js';
import { optional, orNever, parseCount, parseFlag } from './option-values.js';
import { parseIetf, parseProtocols } from './protocols.js';
import { parseQuota } from './quota.js';
import { parseRate, parseSize } from './size.js';
import type { DeliveryRules, MetadataRules, TusOptions } from './tus-options.js';

const DURABILITIES = ['none', 'completion', 'chunk'] as const;

/**
 * Checks an instance's options and fills in the defaults.
 *
 * @throws TusOptionError naming the first option that cannot be used
 */
export function resolveOptions(options: TusModuleOptions, name?: string): TusOptions {
  assertKeys('', options);
  const { cleanup = {} } = options;
  assertKeys('cleanup', cleanup);
  const extensions = parseExtensions(options.extensions ?? DEFAULT_EXTENSIONS);
  const validFor = parseDuration('uploadValidDuration', options.uploadValidDuration ?? '24h');

  return {
    name,
    registry: optional(options.registry, (value) => parseFactory('registry', value)),
    storage: optional(options.storage, (value) => parseFactory('storage', value)),
    tmpFileDir: parseFolder(options.tmpFileDir ?? defaultFolder(name)),
    fileMode: optional(options.fileMode, (mode) => parseFileMode('fileMode', mode)),
    directoryMode: optional(options.directoryMode, (mode) =>
      parseDirectoryMode('directoryMode', mode),
    ),
    protocols: parseProtocols('protocols', options.protocols ?? ['tus']),
    ietf: parseIetf(options.ietf ?? {}),
    extensions,
    validFor: extensions.has('expiration') ? validFor : undefined,
    ...parseMaxSize(options.maxSize),
    metadata: parseMetadataRules(options.metadata ?? {}),
    allowedTypes: optional(options.allowedTypes, parseTypes),
    owner: parseOwner(options.owner),
    uploadId: parseUploadId(options.uploadId),
    publicUrl: optional(options.publicUrl, parsePublicUrl),
    idleTimeout: parseTimer('idleTimeout', options.idleTimeout ?? 60),
    ...parseQuota(options.quota),
    reserveDisk: parseFlag('reserveDisk', options.reserveDisk ?? false),
    minRate: optional(options.minRate, (rate) => parseRate('minRate', rate)),
    maxAppends: optional(options.maxAppends, (count) => parseCount('maxAppends', count)),
    durability: parseDurability(options.durability ?? 'completion'),
    hash: optional(options.hash, parseHash),
    ...parseDownload(options.download),
    background: optional(options.background, (flag) => parseFlag('background', flag)),
    ...parseConcatenation(options.concatenation ?? {}),
    delivery: parseDelivery(options.delivery ?? {}),
    afterDelivery: parseAfterDelivery(options.delivery?.afterDelivery ?? 'keep'),
    sendFile: parseFlag('sendFile', options.sendFile ?? false),
    cors: parseCors(options.cors ?? false),
    cleanupEvery: orNever(cleanup.every ?? '10m', 'cleanup.every'),
    finishedAfter: orNever(cleanup.finishedAfter ?? false, 'cleanup.finishedAfter'),
    rememberFor: parseDuration('cleanup.rememberFor', cleanup.rememberFor ?? '30d'),
  };
}

function defaultFolder(name?: string): string {
  return name === undefined ? './uploads' : `./uploads/${name}`;
}

function parseMaxSize(value: TusModuleOptions['maxSize']) {
  if (typeof value === 'function') return { maxSizeOf: value };
  return { maxSize: optional(value, (size) => parseSize('maxSize', size)) };
}

function parseMetadataRules(value: TusMetadataOptions): MetadataRules {
  assertKeys('metadata', value);
  const { type, validate, maxBytes = '8KB', maxKeys = 64 } = value;
  for (const [key, given] of Object.entries({ type, validate })) {
    if (given === undefined || typeof given === 'function') continue;
    throw new TusOptionError(`metadata.${key}`, given, 'Give a class, or a function.');
  }
  return {
    type,
    validate,
    maxBytes: parseSize('metadata.maxBytes', maxBytes),
    maxKeys: parseCount('metadata.maxKeys', maxKeys),
  };
}

function parseTypes(value: readonly string[]): readonly string[] {
  const isType = (type: unknown) =>
    typeof type === 'string' && /^[\w.+-]+\/([\w.+-]+|\*)$/.test(type);
  if (Array.isArray(value) && value.length > 0 && value.every(isType)) {
    return value.map((type) => type.toLowerCase());
  }
  throw new TusOptionError(
    'allowedTypes',
    value,
    `Give a list of media types, such as ['image/*', 'application/pdf'].`,
  );
}

function parseFolder(value: unknown): string {
  if (typeof value === 'string' && value !== '') return resolve(value);
  throw new TusOptionError('tmpFileDir', value, 'Give the path of a folder on a local disk.');
}

function parseOwner(value: TusModuleOptions['owner']): TusModuleOptions['owner'] {
  if (value === undefined || typeof value === 'function') return value;
  throw new TusOptionError('owner', value, 'Give a function that takes the request.');
}

function parseUploadId(value: TusModuleOptions['uploadId']): TusModuleOptions['uploadId'] {
  if (value === undefined || typeof value === 'function') return value;
  throw new TusOptionError('uploadId', value, 'Give a function that takes the draft of an upload.');
}

function parsePublicUrl(value: string): string {
  if (value === 'request') return value;
  if (URL.canParse(value) && /^https?:$/.test(new URL(value).protocol)) return value;
  throw new TusOptionError(
    'publicUrl',
    value,
    `Give the public http(s) URL of the upload path, such as 'https://example.com/files', or 'request'.`,
  );
}

function parseDurability(value: (typeof DURABILITIES)[number]): (typeof DURABILITIES)[number] {
  if (DURABILITIES.includes(value)) return value;
  throw new TusOptionError('durability', value, `Give one of: ${DURABILITIES.join(', ')}.`);
}

function parseExtensions(value: readonly TusExtension[]): ReadonlySet<TusExtension> {
  const known = `Give a list with any of: ${ALL_EXTENSIONS.join(', ')}.`;
  if (!Array.isArray(value) || !value.every((each) => ALL_EXTENSIONS.includes(each))) {
    throw new TusOptionError('extensions', value, known);
  }
  const extensions = new Set<TusExtension>(value);
  for (const extension of extensions) {
    const needed = EXTENSION_NEEDS[extension];
    if (needed === undefined || extensions.has(needed)) continue;
    throw new TusOptionError('extensions', value, `"${extension}" needs "${needed}".`);
  }
  return extensions;
}

function parseDelivery(value: NonNullable<TusModuleOptions['delivery']>): DeliveryRules {
  assertKeys('delivery', value);
  const { attempts = 10, concurrency = 10, timeout = false, backoff = {} } = value;
  assertKeys('delivery.backoff', backoff);
  return {
    attempts: parseCount('delivery.attempts', attempts),
    concurrency: parseCount('delivery.concurrency', concurrency),
    timeout: orNever(timeout, 'delivery.timeout'),
    backoffFirst: parseDuration('delivery.backoff.first', backoff.first ?? 1),
    backoffMax: parseDuration('delivery.backoff.max', backoff.max ?? '1h'),
  };
}

function parseAfterDelivery(value: unknown): 'keep' | 'remove' {
  if (value === 'keep' || value === 'remove') return value;
  throw new TusOptionError('delivery.afterDelivery', value, `Give 'keep' or 'remove'.`);
}

function parseConcatenation(value: TusConcatenationOptions) {
  assertKeys('concatenation', value);
  const { maxParts = 1000, removePartials = false } = value;
  return {
    maxParts: parseCount('concatenation.maxParts', maxParts),
    removePartials: parseFlag('concatenation.removePartials', removePartials),
  };
}
