import type { AbstractHttpAdapter } from '@nestjs/core';
import type { TusOptions } from '../../options/index.js';
import { discoveryHeaders } from '../../protocol/index.js';
import type { TusRoute } from '../platform/tus-route.js';
import { createCorsHandler } from '../response/cors.js';

/**
 * Says what is answered on a route before Nest is reached.
 *
 * @param app none where there is no HTTP
 * @param maxSize bytes the largest upload on this route may have; absent: no limit
 */
export function prepareRoute(
  route: TusRoute,
  app: AbstractHttpAdapter | undefined,
  options: TusOptions,
  maxSize: number | undefined = options.maxSize,
): void {
  route.prepare(app, {
    discovery: discoveryHeaders({ ...options, maxSize }),
    cors: options.cors && createCorsHandler(options.cors),
  });
}
