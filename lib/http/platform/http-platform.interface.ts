import type { HttpServers } from '../connection/http-servers.js';
import type { PlatformRequest } from '../request/http-types.js';
import type { TusRoute } from './tus-route.js';
import type { WholeServer } from './whole-server.js';

/** What differs between the HTTP platforms. */
export interface HttpPlatform {
  /** The servers that requests of the app have come from, and its own. */
  readonly servers: HttpServers;

  /** What is offered on all of the app's routes. */
  readonly whole: WholeServer;

  /**
   * Puts our hooks before everything else of the app: on our routes bodies stay unread, whatever
   * parsers there are, and every answer gets a complete head.
   */
  install(): void;

  /** Whether any route of an instance, or of an endpoint, was found among those that Nest mapped. */
  knows(route: TusRoute): boolean;

  /** Routes of the app that requests for uploads would come to instead. */
  routesAhead(route: TusRoute): readonly RouteAhead[];

  /** Adds what our routes lack, once all routes of the app are there; doing it again changes nothing. */
  completeRoutes(): void;

  /** Whether the app trusts the proxy a request came through, and so its forwarded headers. */
  trustsProxy(request: PlatformRequest): boolean;

  /** Whether the app trusts a proxy at all. */
  trustsAnyProxy(): boolean;

  /** The limits on the time of requests, without those that uploads are exempt from. */
  timeLimits(): readonly TimeLimit[];
}

/** A route of the app that comes before ours. */
export interface RouteAhead {
  /** Its method and path. */
  readonly route: string;
  /** Methods and paths of our routes that lose requests to it. */
  readonly takes: readonly string[];
}

/** A limit of the platform's own that ends requests. */
export interface TimeLimit {
  /** What it is called where it is set. */
  readonly setting: string;
  readonly milliseconds: number;
  /** Whether it is on the whole of a request, or on the time without a byte. */
  readonly of: 'request' | 'silence';
}
