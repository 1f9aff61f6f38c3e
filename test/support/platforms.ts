import type { AbstractHttpAdapter } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';

/** The HTTP platforms of Nest every promise is tested on. */
export type PlatformName = 'express' | 'fastify';

/** Settings that each platform spells in its own way. */
export interface AdapterOptions {
  /** Whether forwarded headers are believed, or of which address they are; off unless set. */
  readonly trustProxy?: boolean | string;
}

/** Makes a fresh adapter; one adapter serves one app. */
export type AdapterFactory = (options?: AdapterOptions) => AbstractHttpAdapter;

function createExpress({ trustProxy = false }: AdapterOptions = {}): AbstractHttpAdapter {
  const adapter = new ExpressAdapter();
  adapter.set('trust proxy', trustProxy);
  return adapter;
}

function createFastify({ trustProxy = false }: AdapterOptions = {}): AbstractHttpAdapter {
  return new FastifyAdapter({ trustProxy });
}

/** A fresh adapter by the platform's name. */
export const ADAPTERS: Readonly<Record<PlatformName, AdapterFactory>> = {
  express: createExpress,
  fastify: createFastify,
};

/**
 * The rows for `describe.each`: name of the platform, and what makes its adapter.
 *
 * `describe.each(PLATFORMS)('something on %s', (platform) => { … startApp({ platform }) … })`
 */
export const PLATFORMS: [PlatformName, AdapterFactory][] = [
  ['express', createExpress],
  ['fastify', createFastify],
];
