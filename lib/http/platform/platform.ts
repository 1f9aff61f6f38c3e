import type { AbstractHttpAdapter } from '@nestjs/core';
import { ExpressPlatform } from './express.platform.js';
import { FastifyPlatform } from './fastify.platform.js';
import type { HttpPlatform } from './http-platform.interface.js';

const platforms = new WeakMap<AbstractHttpAdapter, HttpPlatform | undefined>();

/**
 * The platform of an app, with our hooks installed; all instances of an app share them.
 *
 * @returns `undefined` where there is no HTTP, as in a standalone application
 */
export function platformOf(adapter?: AbstractHttpAdapter): HttpPlatform | undefined {
  if (!adapter) return undefined;
  if (!platforms.has(adapter)) {
    const platform = createPlatform(adapter);
    platform?.install();
    platforms.set(adapter, platform);
  }
  return platforms.get(adapter);
}

function createPlatform(adapter: AbstractHttpAdapter): HttpPlatform | undefined {
  const type: unknown = adapter.getType?.();
  if (type === 'express') return new ExpressPlatform(adapter);
  if (type === 'fastify') return new FastifyPlatform(adapter);
  return undefined;
}
