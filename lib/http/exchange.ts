import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  rawRequest,
  rawResponse,
  type PlatformRequest,
  type PlatformResponse,
} from './http-types.js';

/** One request on its way through. */
export interface Exchange {
  readonly request: PlatformRequest;
  readonly response: PlatformResponse;
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  /** Last segment of an upload's URL; absent on the creation URL. */
  readonly id?: string;
}

/** The exchange a controller's method was called with. */
export function exchangeOf(request: PlatformRequest, response: PlatformResponse): Exchange {
  const { id } = (request.params ?? {}) as { id?: string };
  return { request, response, req: rawRequest(request), res: rawResponse(response), id };
}
