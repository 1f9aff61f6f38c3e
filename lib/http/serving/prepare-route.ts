import type { AbstractHttpAdapter } from '@nestjs/core';
import type { TusOptions } from '../../options/index.js';
import { platformOf } from '../platform/platform.js';
import type { TusRoute } from '../platform/tus-route.js';
import type { EndpointPolicy } from '../request/exchange.js';
import { corsHeaders, createCorsHandler } from '../response/cors.js';
import { offeredAt, spokenAs } from './spoken-protocols.js';

/**
 * Says what is answered on a route before Nest is reached.
 *
 * @param app none where there is no HTTP
 * @param endpoint absent for the upload path
 */
export function prepareRoute(
  route: TusRoute,
  app: AbstractHttpAdapter | undefined,
  options: TusOptions,
  endpoint?: EndpointPolicy,
): void {
  const ietf = spokenAs(endpoint?.protocols ?? options.protocols, options.ietf);
  const headers = corsHeaders(ietf !== undefined);
  const discovery = offeredAt(options, endpoint);
  platformOf(app)?.whole.note(discovery);
  route.prepare(app, {
    discovery,
    cors: options.cors && createCorsHandler(options.cors, headers),
    exposed: headers.exposed,
    ietf,
    tellsByGet: endpoint !== undefined && ietf !== undefined,
  });
}
