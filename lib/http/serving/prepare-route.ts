import type { AbstractHttpAdapter } from '@nestjs/core';
import type { TusOptions } from '../../options/index.js';
import type { TusRoute } from '../platform/tus-route.js';
import { corsHeaders, createCorsHandler } from '../response/cors.js';
import { offered, spokenAs } from './spoken-protocols.js';

/** What of a route is its own. */
interface RouteSettings {
  /** Bytes the largest upload on it may have; absent: as its instance has it. */
  readonly maxSize?: number;
  /** The protocols that are spoken; absent: as its instance has it. */
  readonly protocols?: TusOptions['protocols'];
}

/**
 * Says what is answered on a route before Nest is reached.
 *
 * @param app none where there is no HTTP
 */
export function prepareRoute(
  route: TusRoute,
  app: AbstractHttpAdapter | undefined,
  options: TusOptions,
  settings: RouteSettings = {},
): void {
  const { maxSize = options.maxSize, protocols = options.protocols } = settings;
  const ietf = spokenAs(protocols, options.ietf);
  const headers = corsHeaders(ietf !== undefined);
  route.prepare(app, {
    discovery: offered({ ...options, maxSize }, ietf),
    cors: options.cors && createCorsHandler(options.cors, headers),
    exposed: headers.exposed,
    ietf,
  });
}
