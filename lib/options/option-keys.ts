import { TusOptionError } from '../errors/index.js';

/** The options there are, in groups as they are nested. */
export const OPTION_KEYS = {
  '': [
    'allowedTypes',
    'background',
    'cleanup',
    'concatenation',
    'cors',
    'delivery',
    'directoryMode',
    'download',
    'durability',
    'extensions',
    'fileMode',
    'hash',
    'idleTimeout',
    'ietf',
    'maxAppends',
    'maxSize',
    'metadata',
    'minRate',
    'owner',
    'protocols',
    'publicUrl',
    'quota',
    'registry',
    'reserveDisk',
    'sendFile',
    'storage',
    'tmpFileDir',
    'uploadId',
    'uploadValidDuration',
  ],
  concatenation: ['maxParts', 'removePartials'],
  cleanup: ['every', 'finishedAfter', 'rememberFor'],
  cors: ['allowedHeaders', 'credentials', 'exposedHeaders', 'maxAge', 'origin', 'privateNetwork'],
  hash: ['algorithm', 'compareWith'],
  ietf: ['informational', 'maxAppendSize', 'minAppendSize', 'versions'],
  download: ['disposition', 'redirect'],
  quota: ['bytes', 'concurrent', 'uploads'],
  metadata: ['maxBytes', 'maxKeys', 'type', 'validate'],
  delivery: ['afterDelivery', 'attempts', 'backoff', 'concurrency', 'timeout'],
  'delivery.backoff': ['first', 'max'],
};

/** What the controller and the module are made of, before a factory could have run. */
export const SYNCHRONOUS_KEYS = [
  'controller',
  'decorators',
  'imports',
  'isGlobal',
  'name',
  'uploadPath',
  'version',
];

/**
 * Checks that all options are known.
 *
 * @throws TusOptionError
 */
export function assertKeys(group: keyof typeof OPTION_KEYS, value: unknown): void {
  const known = OPTION_KEYS[group];
  const option = group === '' ? 'options' : group;
  if (typeof value !== 'object' || value === null) {
    throw new TusOptionError(option, value, `Give an object with any of: ${known.join(', ')}.`);
  }
  const unknown = Object.keys(value).find((key) => !known.includes(key));
  if (unknown === undefined) return;

  throw new TusOptionError(
    group === '' ? unknown : `${group}.${unknown}`,
    (value as Record<string, unknown>)[unknown],
    group === '' && SYNCHRONOUS_KEYS.includes(unknown)
      ? 'It is read before the factory runs: give it to forRootAsync() beside the factory.'
      : `There is no such option; there are: ${known.join(', ')}.`,
  );
}
