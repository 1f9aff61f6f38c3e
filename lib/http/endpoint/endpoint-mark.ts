import type { TusEndpointOptions } from '../../interfaces/index.js';
import { ENDPOINT_METADATA } from '../../tus.constants.js';
import type { TusRoute } from '../platform/tus-route.js';

/** What `@TusEndpoint()` leaves on a method, and on those that serve its other verbs. */
export interface EndpointMark {
  /** The method. */
  readonly key: string;
  /** Path of the creation URL, below the controller's. */
  readonly path: string;
  readonly options: TusEndpointOptions;
  readonly route: TusRoute;
}

/** Name of the path's parameter that holds an upload's id; a controller's own may well be `id`. */
export const UPLOAD_PARAMETER = 'uploadId';

/** The mark on a method. */
export function endpointMarkOf(method: object): EndpointMark | undefined {
  return Reflect.getMetadata(ENDPOINT_METADATA, method) as EndpointMark | undefined;
}

/** Name under which uploads of an endpoint are kept. */
export function endpointName({ key, options }: EndpointMark, controller: { name: string }): string {
  return options.id ?? `${controller.name}#${key}`;
}
