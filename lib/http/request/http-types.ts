import type { IncomingMessage, ServerResponse } from 'node:http';

/** A request as a controller gets it: Node's own, or a wrapper that holds it as `raw`. */
export type PlatformRequest = (
  | IncomingMessage
  | {
      /** Node's request. */
      readonly raw: IncomingMessage;
    }
) & {
  /** The parameters of the route's path. */
  readonly params?: unknown;
};

/** A response as a controller gets it. */
export type PlatformResponse =
  | ServerResponse
  | {
      /** Node's response. */
      readonly raw: ServerResponse;
    };

/** Node's request behind the platform's. */
export function rawRequest(request: PlatformRequest): IncomingMessage {
  return 'raw' in request ? request.raw : request;
}

/** Node's response behind the platform's. */
export function rawResponse(response: PlatformResponse): ServerResponse {
  return 'raw' in response ? response.raw : response;
}
