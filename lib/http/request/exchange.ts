import type { UploadProtocol } from '../../registry/index.js';
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  rawRequest,
  rawResponse,
  type PlatformRequest,
  type PlatformResponse,
} from './http-types.js';

/** What an endpoint asks of uploads, beside what its instance does. */
export interface EndpointPolicy {
  /** Name its uploads are kept under. */
  readonly name: string;
  /** Bytes; absent: as its instance has it. */
  readonly maxSize?: number;
  /** The protocols that are spoken there; absent: as its instance has it. */
  readonly protocols?: ReadonlySet<UploadProtocol>;
  /** The methods that create uploads there; absent: POST. */
  readonly methods?: readonly string[];
  /** The part of the creation's query that its method gets at the end, as JSON. */
  readonly query?: string;
}

/** One request on its way through. */
export interface Exchange {
  readonly request: PlatformRequest;
  readonly response: PlatformResponse;
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  /** Last segment of an upload's URL; absent on the creation URL. */
  readonly id?: string;
  /** Set on the path of an endpoint. */
  readonly endpoint?: EndpointPolicy;
}

/**
 * The exchange a controller's method was called with.
 *
 * @param parameter name of the path's parameter that holds an upload's id
 */
export function exchangeOf(
  request: PlatformRequest,
  response: PlatformResponse,
  parameter = 'id',
): Exchange {
  const id = ((request.params ?? {}) as Readonly<Record<string, string>>)[parameter];
  return { request, response, req: rawRequest(request), res: rawResponse(response), id };
}
