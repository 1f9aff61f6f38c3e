import type { UploadProtocol } from '../../registry/index.js';
import { describeRoute, toldOf, type ServedRoute, type Told } from './describe-route.js';

interface NotedRoute {
  readonly method: object;
  readonly route: ServedRoute;
  /** By the app's own decorators. */
  readonly told: Told;
}

/** By the mark that routes of one instance, or of one endpoint, carry. */
const noted = new WeakMap<object, NotedRoute[]>();

/** Notes a route, to be described once it is known what is spoken there. */
export function noteRoute(mark: object, method: object, route: ServedRoute): void {
  const routes = noted.get(mark) ?? [];
  noted.set(mark, [...routes, { method, route, told: toldOf(method) }]);
}

/** Describes the routes of a mark for OpenAPI. Apps of one process share classes: the last one describes them. */
export function describeRoutes(mark: object, protocols: ReadonlySet<UploadProtocol>): void {
  for (const { method, route, told } of noted.get(mark) ?? []) {
    describeRoute(method, route, told, protocols);
  }
}
