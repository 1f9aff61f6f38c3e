import {
  ALL_EXTENSIONS,
  DEFAULT_EXTENSIONS,
  EXTENSION_NEEDS,
} from '../../../lib/protocol/index.js';

describe('the extensions', () => {
  it('are listed each once', () => {
    expect(new Set(ALL_EXTENSIONS).size).toBe(ALL_EXTENSIONS.length);
  });

  it('come after what they need', () => {
    expect(Object.keys(EXTENSION_NEEDS)).toEqual([
      'creation-with-upload',
      'creation-defer-length',
      'checksum-trailer',
      'concatenation',
    ]);
    for (const [extension, needed] of Object.entries(EXTENSION_NEEDS)) {
      const order: readonly string[] = ALL_EXTENSIONS;
      expect(order.indexOf(needed)).toBeGreaterThanOrEqual(0);
      expect(order.indexOf(needed)).toBeLessThan(order.indexOf(extension));
    }
  });

  it('are all offered unless told otherwise, but for trailers, which proxies drop', () => {
    const held = ALL_EXTENSIONS.filter((extension) => !DEFAULT_EXTENSIONS.includes(extension));
    expect(held).toEqual(['checksum-trailer']);
  });
});
