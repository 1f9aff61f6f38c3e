/**
 * What all copies of this package share in one process, be they ES modules, CommonJS, or of another
 * version: whatever is under a name must keep its shape from version to version.
 */
export function processWide<T extends object>(name: string, make: () => T): T {
  const key = Symbol.for(`nestjs-tus:${name}`);
  const shared = globalThis as Record<symbol, T | undefined>;
  return (shared[key] ??= make());
}
