import { resolveOptions, type TusOptions } from '../../../lib/options/index.js';
import { TusOptionError, type TusModuleOptions } from '../../../lib/index.js';

class Anything {}

describe('resolveOptions', () => {
  it('limits metadata, and nothing else, unless told', () => {
    expect(resolveOptions({})).toMatchObject({
      maxSize: undefined,
      metadata: { maxBytes: 8192, maxKeys: 64, type: undefined, validate: undefined },
      allowedTypes: undefined,
      minRate: undefined,
      maxAppends: undefined,
      download: false,
      maxParts: 1000,
      removePartials: false,
    });
    expect(resolveOptions({}).maxSizeOf).toBeUndefined();
  });

  it('takes a function for maxSize, to be asked for each creation', () => {
    const maxSize = () => '1KB';

    const options = resolveOptions({ maxSize });

    expect(options.maxSizeOf).toBe(maxSize);
    expect(options.maxSize).toBeUndefined();
  });

  const validate = () => undefined;

  it.each<[TusModuleOptions, Partial<TusOptions>]>([
    [{ metadata: {} }, { metadata: { maxBytes: 8192, maxKeys: 64 } }],
    [{ metadata: { maxBytes: '1KB', maxKeys: 3 } }, { metadata: { maxBytes: 1024, maxKeys: 3 } }],
    [{ metadata: { maxBytes: 0 } }, { metadata: { maxBytes: 0, maxKeys: 64 } }],
    [
      { metadata: { type: Anything, validate } },
      { metadata: { maxBytes: 8192, maxKeys: 64, type: Anything, validate } },
    ],
    [{ allowedTypes: ['IMAGE/*', 'text/X.y+z'] }, { allowedTypes: ['image/*', 'text/x.y+z'] }],
    [{ minRate: 1 }, { minRate: 1 }],
    [{ minRate: '1KB' }, { minRate: 1024 }],
    [{ minRate: '1024' }, { minRate: 1024 }],
    [{ metadata: { maxBytes: '100' } }, { metadata: { maxBytes: 100, maxKeys: 64 } }],
    [{ quota: { bytes: '2048' } }, { quota: { bytes: 2048 } }],
    [{ maxAppends: 1 }, { maxAppends: 1 }],
    [{ download: true }, { download: true }],
    [{ quota: { bytes: '1KB' } }, { quota: { bytes: 1024 } }],
    [{ quota: { uploads: 3, concurrent: 2 } }, { quota: { uploads: 3, concurrent: 2 } }],
    [{ quota: { bytes: 0, uploads: 0 } }, { quota: { bytes: 0, uploads: 0 } }],
    [{ quota: { concurrent: 0 } }, { quota: { concurrent: 0 } }],
    [{ quota: { bytes: Infinity } }, { quota: { bytes: Infinity } }],
    [
      { quota: { uploads: Infinity, concurrent: Infinity } },
      { quota: { uploads: Infinity, concurrent: Infinity } },
    ],
    [{}, { reserveDisk: false }],
    [{ reserveDisk: true }, { reserveDisk: true }],
    [{ concatenation: {} }, { removePartials: false }],
    [{ concatenation: { removePartials: true } }, { removePartials: true }],
    [{ concatenation: { maxParts: 5 } }, { maxParts: 5, removePartials: false }],
  ])('reads %j', (options, expected) => {
    expect(resolveOptions(options)).toMatchObject(expected);
  });

  it.each<[string, unknown]>([
    ['maxSize', 'lots'],
    ['maxSize', 1.5],
    ['maxSize', -1],
    ['maxSize', null],
    ['maxSize', {}],
    ['minRate', 0],
    ['minRate', -1],
    ['minRate', 0.5],
    ['minRate', 'slow'],
    ['minRate', '0'],
    ['minRate', '1KB/s'],
    ['minRate', false],
    ['maxAppends', 0],
    ['maxAppends', 1.5],
    ['maxAppends', '10'],
    ['maxAppends', Infinity],
    ['allowedTypes', []],
    ['allowedTypes', 'image/png'],
    ['allowedTypes', ['png']],
    ['allowedTypes', ['*/*']],
    ['allowedTypes', ['image/png; q=1']],
    ['allowedTypes', ['image/*', 7]],
    ['allowedTypes', [' image/png']],
    ['download', 'yes'],
    ['download', 1],
    ['quota', 5],
    ['reserveDisk', 'yes'],
    ['metadata', 'none'],
    ['concatenation', true],
  ])('refuses %s: %j', (option, value) => {
    expect(() => resolveOptions({ [option]: value })).toThrow(
      expect.objectContaining({ constructor: TusOptionError, option }),
    );
  });

  it.each<[string, TusModuleOptions | object]>([
    ['metadata.maxBytes', { metadata: { maxBytes: 'much' } }],
    ['metadata.maxKeys', { metadata: { maxKeys: 0 } }],
    ['metadata.maxKeys', { metadata: { maxKeys: 1.5 } }],
    ['metadata.type', { metadata: { type: {} } }],
    ['metadata.validate', { metadata: { validate: 'yes' } }],
    ['metadata.size', { metadata: { size: 7 } }],
    ['quota.bytes', { quota: { bytes: -1 } }],
    ['quota.bytes', { quota: { bytes: NaN } }],
    ['quota.uploads', { quota: { uploads: -1 } }],
    ['quota.uploads', { quota: { uploads: -Infinity } }],
    ['quota.concurrent', { quota: { concurrent: 1.5 } }],
    ['quota.concurrent', { quota: { concurrent: 'few' } }],
    ['quota.files', { quota: { files: 1 } }],
    ['concatenation.maxParts', { concatenation: { maxParts: 0 } }],
    ['concatenation.removePartials', { concatenation: { removePartials: 'yes' } }],
    ['concatenation.remove', { concatenation: { remove: true } }],
  ])('refuses %s in %j', (option, options) => {
    expect(() => resolveOptions(options)).toThrow(
      expect.objectContaining({ constructor: TusOptionError, option }),
    );
  });
});
