import { ALL_EXTENSIONS, EXTENSION_NEEDS } from '../../../lib/protocol/index.js';

describe('the extensions', () => {
  it('are listed each once', () => {
    expect(new Set(ALL_EXTENSIONS).size).toBe(ALL_EXTENSIONS.length);
  });

  it('come after what they need', () => {
    expect(Object.keys(EXTENSION_NEEDS)).toEqual(['creation-with-upload', 'creation-defer-length']);
    for (const [extension, needed] of Object.entries(EXTENSION_NEEDS)) {
      const order: readonly string[] = ALL_EXTENSIONS;
      expect(order.indexOf(needed)).toBeGreaterThanOrEqual(0);
      expect(order.indexOf(needed)).toBeLessThan(order.indexOf(extension));
    }
  });
});
