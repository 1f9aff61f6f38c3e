import type { AbstractHttpAdapter } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { isOnS3 } from './on-s3.js';

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
  // Tests that are run on S3 too have shown there that they pass on both.
  ...(isOnS3() ? [] : [['fastify', createFastify] as [PlatformName, AdapterFactory]]),
];
