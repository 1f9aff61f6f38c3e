import { resolve } from 'node:path';
import type { TusModuleOptions } from '../../../lib/index.js';
import { TusOptionError } from '../../../lib/index.js';
import { parseInstanceName, parseUploadPath, resolveOptions } from '../../../lib/options/index.js';

const HOUR = 3_600_000;

const APP = 'https://app.example';

/** Origins that are named, so that credentials may be allowed them. */
const NAMED = [
  APP,
  [APP, 'https://b.example'],
  /^https:\/\/\w+\.app\.example$/,
  [/\.example$/],
  false,
];

describe('resolveOptions', () => {
  it('fills in the documented defaults', () => {
    expect(resolveOptions({})).toMatchObject({
      name: undefined,
      tmpFileDir: resolve('./uploads'),
      validFor: 24 * HOUR,
      maxSize: undefined,
      idleTimeout: 60_000,
      durability: 'completion',
      removePartials: false,
      cors: undefined,
      cleanupEvery: HOUR / 6,
      finishedAfter: undefined,
      rememberFor: 30 * 24 * HOUR,
      delivery: { attempts: 10, concurrency: 10, backoffFirst: 1000, backoffMax: HOUR },
      afterDelivery: 'keep',
      sendFile: false,
      background: undefined,
    });
  });

  it('offers every extension there is, but for the trailers that proxies drop', () => {
    expect([...resolveOptions({}).extensions]).toEqual([
      'creation',
      'creation-with-upload',
      'creation-defer-length',
      'expiration',
      'checksum',
      'termination',
      'concatenation',
    ]);
  });

  it('offers checksums in trailers where it is told to', () => {
    const { extensions } = resolveOptions({ extensions: ['checksum', 'checksum-trailer'] });
    expect([...extensions]).toEqual(['checksum', 'checksum-trailer']);
  });

  it('speaks tus alone, unless told', () => {
    const { protocols, ietf } = resolveOptions({});
    expect([...protocols]).toEqual(['tus']);
    expect(ietf).toEqual({ versions: [6, 8, 9, 10], informational: true, sizes: {} });
    const told = resolveOptions({
      protocols: ['ietf'],
      ietf: { versions: [3], informational: false, maxAppendSize: '1KB', minAppendSize: 1024 },
    });
    expect([...told.protocols]).toEqual(['ietf']);
    expect(told.ietf).toEqual({
      versions: [3],
      informational: false,
      sizes: { maxAppendSize: 1024, minAppendSize: 1024 },
    });
  });

  it.each([
    [{ protocols: [] }, 'protocols'],
    [{ protocols: ['http'] }, 'protocols'],
    [{ protocols: 'tus' }, 'protocols'],
    [{ ietf: { versions: [] } }, 'ietf.versions'],
    [{ ietf: { versions: [4] } }, 'ietf.versions'],
    [{ ietf: { versions: ['6'] } }, 'ietf.versions'],
    [{ ietf: { informational: 'yes' } }, 'ietf.informational'],
    [{ ietf: { version: 6 } }, 'ietf.version'],
    [{ ietf: { maxAppendSize: 0 } }, 'ietf.maxAppendSize'],
    [{ ietf: { minAppendSize: 'few' } }, 'ietf.minAppendSize'],
    [{ ietf: { maxAppendSize: 5, minAppendSize: 6 } }, 'ietf.minAppendSize'],
  ])('refuses %j, naming the option', (options, option) => {
    const refusal = refusalOf(() => resolveOptions(options as TusModuleOptions));
    expect(refusal).toBeInstanceOf(TusOptionError);
    expect(refusal.message).toContain(`"${option}"`);
  });

  it('gives a named instance a folder of its own', () => {
    expect(resolveOptions({}, 'avatars').tmpFileDir).toBe(resolve('./uploads/avatars'));
  });

  it.each<[TusModuleOptions, object]>([
    [{ uploadValidDuration: 90 }, { validFor: 90_000 }],
    [{ uploadValidDuration: 0.5 }, { validFor: 500 }],
    [{ uploadValidDuration: '2d' }, { validFor: 48 * HOUR }],
    [{ uploadValidDuration: '300ms' }, { validFor: 300 }],
    [{ uploadValidDuration: '36525d' }, { validFor: 36_525 * 24 * HOUR }],
    [{ uploadValidDuration: '3600' }, { validFor: HOUR }],
    [{ idleTimeout: '0.5' }, { idleTimeout: 500 }],
    [{ cleanup: { every: '600' } }, { cleanupEvery: HOUR / 6 }],
    [
      { delivery: { backoff: { max: '60' } } },
      { delivery: expect.objectContaining({ backoffMax: 60_000 }) },
    ],
    [{ maxSize: 0 }, { maxSize: 0 }],
    [{ maxSize: '0' }, { maxSize: 0 }],
    [{ maxSize: '1048576' }, { maxSize: 1024 ** 2 }],
    [{ fileMode: 0o640 }, { fileMode: 0o640, directoryMode: undefined }],
    [{ fileMode: '640' }, { fileMode: 0o640 }],
    [{ fileMode: '0660' }, { fileMode: 0o660 }],
    [{ fileMode: '0o600' }, { fileMode: 0o600 }],
    [{ directoryMode: 0o750 }, { fileMode: undefined, directoryMode: 0o750 }],
    [{ directoryMode: '02770' }, { directoryMode: 0o2770 }],
    [{ maxSize: '10MB' }, { maxSize: 10 * 1024 ** 2 }],
    [{ maxSize: '1.5 gb' }, { maxSize: 1.5 * 1024 ** 3 }],
    [{ cleanup: { every: false } }, { cleanupEvery: undefined }],
    [{ cleanup: { finishedAfter: '7d' } }, { finishedAfter: 7 * 24 * HOUR }],
    [{ extensions: ['creation'] }, { validFor: undefined }],
    [{ concatenation: { removePartials: true } }, { removePartials: true }],
    [{ concatenation: {} }, { removePartials: false }],
    [{ cors: true }, { cors: { maxAge: 24 * HOUR } }],
    [{ cors: { origin: [/\.example$/] } }, { cors: { origin: [/\.example$/] } }],
    ...NAMED.map((origin): [TusModuleOptions, object] => [
      { cors: { origin, credentials: true } },
      { cors: { origin, credentials: true } },
    ]),
    // A timer that is set to more fires at once.
    [{ idleTimeout: '30d' }, { idleTimeout: 2 ** 31 - 1 }],
    [{ delivery: { afterDelivery: 'remove' } }, { afterDelivery: 'remove' }],
    [{ delivery: { afterDelivery: 'keep' } }, { afterDelivery: 'keep' }],
    [{ sendFile: true }, { sendFile: true }],
    [{ download: true }, { download: true }],
    [{ download: {} }, { download: true, dispositionOf: undefined, redirectFor: undefined }],
    [{ download: { redirect: '5m' } }, { download: true, redirectFor: 300_000 }],
    [{ download: { redirect: 1.5 } }, { redirectFor: 1000 }],
    [{ download: { redirect: '7d' } }, { redirectFor: 7 * 24 * 3_600_000 }],
    [{ hash: 'sha512' }, { hash: { algorithm: 'sha512' } }],
    [
      { hash: { algorithm: 'md5', compareWith: 'md5' } },
      { hash: { algorithm: 'md5', compareWith: 'md5' } },
    ],
    [{ background: false }, { background: false }],
    [
      { delivery: { backoff: { first: '5s' } } },
      { delivery: expect.objectContaining({ backoffFirst: 5000 }) },
    ],
    [{ delivery: { timeout: '10m' } }, { delivery: expect.objectContaining({ timeout: 600_000 }) }],
    [
      { delivery: { timeout: false } },
      { delivery: expect.not.objectContaining({ timeout: expect.anything() }) },
    ],
  ])('reads %j', (options, expected) => {
    expect(resolveOptions(options)).toMatchObject(expected);
  });

  it.each<[string, unknown]>([
    ['uploadValidDuration', 'soon'],
    ['uploadValidDuration', '10 parsecs'],
    ['uploadValidDuration', 0],
    ['uploadValidDuration', -1],
    ['uploadValidDuration', NaN],
    ['uploadValidDuration', ''],
    ['uploadValidDuration', Number.MAX_SAFE_INTEGER],
    ['uploadValidDuration', Infinity],
    ['uploadValidDuration', '9999999w'],
    ['uploadValidDuration', '0'],
    ['uploadValidDuration', '-3600'],
    ['uploadValidDuration', '1e3'],
    ['uploadValidDuration', '9999999999'],
    ['maxSize', '10XB'],
    ['maxSize', 1.5],
    ['maxSize', -1],
    ['maxSize', 'big'],
    ['maxSize', '1.5'],
    ['maxSize', '-1'],
    ['maxSize', '0x10'],
    ['maxSize', '99999999999999999'],
    ['tmpFileDir', ''],
    ['tmpFileDir', 7],
    // Meant to be octal, and not written so.
    ['fileMode', 640],
    ['fileMode', 600],
    ['fileMode', 0o440],
    ['fileMode', 0o1644],
    ['fileMode', '0888'],
    ['fileMode', '-rw-r-----'],
    ['fileMode', -1],
    ['fileMode', 0.5],
    ['fileMode', null],
    ['directoryMode', 755],
    ['directoryMode', '0640'],
    ['directoryMode', 0o4755],
    ['idleTimeout', '0s'],
    ['durability', 'always'],
    ['publicUrl', 'files'],
    ['publicUrl', 'ftp://example.com/files'],
    ['owner', 'me'],
    ['uploadId', 'order-1'],
    ['extensions', ['checksums']],
    ['extensions', ['checksum-trailer']],
    ['extensions', ['concatenation']],
    ['extensions', ['concatenation-unfinished']],
    ['concatenation', true],
    ['extensions', 'creation'],
    ['extensions', ['creation-with-upload']],
    ['cleanup', true],
    ['delivery', 3],
    ['sendFile', 'yes'],
    ['download', 'inline'],
    ['download', null],
    ['hash', 'sha3'],
    ['hash', true],
    ['hash', null],
    ['background', 'no'],
    ['uploadDir', './x'],
  ])('refuses %s: %j, naming the option, its value and a remedy', (option, value) => {
    const refusal = refusalOf(() => resolveOptions({ [option]: value } as TusModuleOptions));

    expect(refusal).toBeInstanceOf(TusOptionError);
    expect(refusal.option).toBe(option);
    expect(refusal.message).toMatch(/^TusModule: option "\w+" cannot be .+\. .+/s);
  });

  it.each<[string, TusModuleOptions]>([
    ['cleanup.every', { cleanup: { every: 'often' } }],
    ['cleanup.evry', { cleanup: { evry: 1 } as never }],
    ['delivery.attempts', { delivery: { attempts: 0 } }],
    ['delivery.concurrency', { delivery: { concurrency: 1.5 } }],
    ['delivery.timeout', { delivery: { timeout: 0 } }],
    ['delivery.timeout', { delivery: { timeout: true as never } }],
    ['delivery.backoff.first', { delivery: { backoff: { first: 'x' } } }],
    ['delivery.afterDelivery', { delivery: { afterDelivery: 'delete' as never } }],
    ['delivery.afterDelivery', { delivery: { afterDelivery: true as never } }],
    ['delivery.backoff.max', { delivery: { backoff: { max: '36526d' } } }],
    ['cleanup.finishedAfter', { cleanup: { finishedAfter: Number.MAX_SAFE_INTEGER } }],
    ['cleanup.rememberFor', { cleanup: { rememberFor: Number.MAX_SAFE_INTEGER } }],
    ['delivery.backoff.jitter', { delivery: { backoff: { jitter: 1 } as never } }],
    ['concatenation.removePartials', { concatenation: { removePartials: 1 as never } }],
    ['concatenation.unfinished', { concatenation: { unfinished: true } as never }],
    ['download.disposition', { download: { disposition: 'inline' as never } }],
    ['download.redirect', { download: { redirect: true as never } }],
    ['download.redirect', { download: { redirect: '900ms' } }],
    ['download.redirect', { download: { redirect: '8d' } }],
    ['download.inline', { download: { inline: true } as never }],
    ['hash.algorithm', { hash: {} as never }],
    ['hash.algorithm', { hash: { algorithm: 'toString' as never } }],
    ['hash.compareWith', { hash: { algorithm: 'md5', compareWith: 'a b' } }],
    ['hash.compareWith', { hash: { algorithm: 'md5', compareWith: '' } }],
    ['hash.compareWith', { hash: { algorithm: 'md5', compareWith: true as never } }],
    ['hash.compare', { hash: { algorithm: 'md5', compare: 'md5' } as never }],
    ['cors.maxAge', { cors: { maxAge: -1 } }],
    ['cors.methods', { cors: { methods: [] } as never }],
    ['cors.origin', { cors: { origin: (() => true) as never } }],
    ['cors.origin', { cors: { origin: ['https://app.example', 7] as never } }],
    ['cors.credentials', { cors: { credentials: 'include' as never } }],
    ['cors.credentials', { cors: { credentials: true } }],
    ['cors.credentials', { cors: { credentials: true, origin: true } }],
    ['cors.credentials', { cors: { credentials: true, origin: '*' } }],
    ['cors.credentials', { cors: { credentials: true, origin: 'null' } }],
    ['cors.credentials', { cors: { credentials: true, origin: [APP, '*'] } }],
    ['cors.credentials', { cors: { credentials: true, origin: [APP, 'null'] } }],
    ['cors.credentials', { cors: { credentials: true, origin: /.*/ } }],
    ['cors.credentials', { cors: { credentials: true, origin: [APP, /^https:\/\//g] } }],
    ['cors.privateNetwork', { cors: { privateNetwork: 1 as never } }],
    ['cors.allowedHeaders', { cors: { allowedHeaders: 'X-App' as never } }],
    ['cors.exposedHeaders', { cors: { exposedHeaders: [1] as never } }],
  ])('names a nested option, %s, by its path', (option, options) => {
    expect(refusalOf(() => resolveOptions(options)).option).toBe(option);
  });

  it('says how credentials may be allowed', () => {
    const refusal = refusalOf(() => resolveOptions({ cors: { credentials: true } }));

    expect(refusal.message).toMatch(
      /any site could act as your users\. Name the sites, as in cors: /,
    );
  });

  it('says how long a duration may be', () => {
    const refusal = refusalOf(() => resolveOptions({ uploadValidDuration: 1e12 }));

    expect(refusal.message).toMatch(/cannot be 1000000000000\. Give 100 years at most/);
  });

  it('says where an option belongs that a factory returns too late', () => {
    const refusal = refusalOf(() => resolveOptions({ uploadPath: '/x' } as TusModuleOptions));

    expect(refusal.message).toContain('forRootAsync() beside the factory');
  });
});

describe('parseUploadPath', () => {
  it.each(['/files', 'files', 'media/files', '/tenants/:tenant/files', '/a-b_c.d~e/'])(
    'takes %s',
    (path) => expect(parseUploadPath(path)).toBe(path),
  );

  it.each([
    '',
    '/',
    '*',
    '/files/*',
    '/files/*rest',
    '{*path}',
    '/a//b',
    '/a?b',
    ':id',
    'a/:id',
    7,
  ])('refuses %j', (path) =>
    expect(() => parseUploadPath(path)).toThrow(/option "uploadPath" cannot be/),
  );
});

describe('parseInstanceName', () => {
  it('takes what can be part of a folder', () => {
    expect(parseInstanceName('user_avatars-2')).toBe('user_avatars-2');
  });

  it.each(['', '../up', 'a b', 'x'.repeat(65), 3, null])('refuses %j', (name) => {
    expect(() => parseInstanceName(name)).toThrow(/option "name" cannot be/);
  });
});

function refusalOf(work: () => unknown): TusOptionError {
  try {
    work();
  } catch (error) {
    return error as TusOptionError;
  }
  throw new Error('It was not refused.');
}
