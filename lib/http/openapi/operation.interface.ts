import type { RouteTarget } from '../../marks/index.js';

/** A header, as OpenAPI has it, but for its name. */
export interface DescribedHeader {
  readonly description: string;
  readonly required?: boolean;
  readonly schema: { readonly type: string; readonly enum?: readonly string[] };
}

/** What answers a request, as OpenAPI has it. */
export interface DescribedResponse {
  readonly description: string;
  readonly headers?: Readonly<Record<string, DescribedHeader>>;
  readonly content?: Readonly<Record<string, object>>;
}

/** The bytes of an upload as a request's body. */
export interface DescribedBody {
  readonly required: boolean;
  /** Media types. */
  readonly types: readonly string[];
}

/** What a route does. */
export interface Operation {
  readonly summary: string;
  readonly description: string;
  /** Headers of the request, by name. */
  readonly headers: Readonly<Record<string, DescribedHeader>>;
  readonly body?: DescribedBody;
  /** By status. */
  readonly responses: Readonly<Record<number, DescribedResponse>>;
}

/** What the routes do that are served, by target and verb; all others are refused with 405. */
export type Operations = Readonly<
  Record<RouteTarget, Readonly<Partial<Record<string, Operation>>>>
>;
