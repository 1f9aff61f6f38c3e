import { TusOptionError } from '../errors/index.js';
import type { TusIetfOptions } from '../interfaces/index.js';
import { DEFAULT_IETF_VERSIONS, IETF_VERSIONS, type AppendSizes } from '../protocol/index.js';
import type { UploadProtocol } from '../registry/index.js';
import { assertKeys } from './option-keys.js';
import { optional, parseFlag } from './option-values.js';
import { parseSize } from './size.js';
import type { IetfSettings } from './tus-options.js';

const PROTOCOLS: readonly UploadProtocol[] = ['tus', 'ietf'];

/**
 * Reads which protocols are spoken.
 *
 * @throws TusOptionError unless it is a list of one at least
 */
export function parseProtocols(option: string, value: unknown): ReadonlySet<UploadProtocol> {
  const isKnown = (each: unknown) => PROTOCOLS.includes(each as UploadProtocol);
  if (Array.isArray(value) && value.length > 0 && value.every(isKnown)) {
    return new Set(value as UploadProtocol[]);
  }
  throw new TusOptionError(option, value, "Give ['tus'], ['ietf'], or ['tus', 'ietf'].");
}

/** @throws TusOptionError naming what cannot be used */
export function parseIetf(value: TusIetfOptions): IetfSettings {
  assertKeys('ietf', value);
  const { versions = DEFAULT_IETF_VERSIONS, informational = true } = value;
  return {
    versions: parseVersions(versions),
    informational: parseFlag('ietf.informational', informational),
    sizes: parseSizes(value),
  };
}

function parseSizes({ maxAppendSize, minAppendSize }: TusIetfOptions): AppendSizes {
  const most = optional(maxAppendSize, (size) => parseBodySize('ietf.maxAppendSize', size));
  const fewest = optional(minAppendSize, (size) => parseBodySize('ietf.minAppendSize', size));
  if (most === undefined || fewest === undefined || fewest <= most) {
    return { maxAppendSize: most, minAppendSize: fewest };
  }
  const remedy = `Give no more than ietf.maxAppendSize, which is ${most} bytes.`;
  throw new TusOptionError('ietf.minAppendSize', minAppendSize, remedy);
}

function parseBodySize(option: string, value: unknown): number {
  const size = parseSize(option, value);
  if (size > 0) return size;
  throw new TusOptionError(option, value, "Give bytes above zero, such as '100MB'.");
}

function parseVersions(value: readonly number[]): readonly number[] {
  const isKnown = (version: number) => IETF_VERSIONS.includes(version);
  if (Array.isArray(value) && value.length > 0 && value.every(isKnown)) return [...value];
  throw new TusOptionError(
    'ietf.versions',
    value,
    `Give a list with any of the interop versions ${IETF_VERSIONS.join(', ')}.`,
  );
}
