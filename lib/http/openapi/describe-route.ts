import type { RouteTarget } from '../../marks/index.js';
import type { UploadProtocol } from '../../registry/index.js';
import { BYTES } from './fields.js';
import type { DescribedResponse, Operation } from './operation.interface.js';
import { operationOf } from './operations.js';

/**
 * Where `@nestjs/swagger` looks for what its decorators say of a method. Its keys have been these in
 * all versions for Nest 11 and 12, so that an app gets its document without this module needing the
 * package; where it is not installed, they are not read.
 */
const KEYS = {
  operation: 'swagger/apiOperation',
  parameters: 'swagger/apiParameters',
  responses: 'swagger/apiResponse',
  consumes: 'swagger/apiConsumes',
  exclude: 'swagger/apiExcludeEndpoint',
} as const;

/** A route, and the method that serves it. */
export interface ServedRoute {
  /** Such as `'PATCH'`. */
  readonly verb: string;
  readonly target: RouteTarget;
  /** Paths it has, that of its controller among them. */
  readonly paths: readonly string[];
  /** Name of the path's parameter that holds an upload's id. */
  readonly idParameter: string;
  /** Whether what the app said of the method is about this route above all. */
  readonly isMain: boolean;
  /** Whether the method's own answer may be that of the route. */
  readonly hasOwnAnswer?: boolean;
  /** Whether the method means nothing there, so that it is refused. */
  readonly isRefused?: boolean;
}

interface Parameter {
  readonly name?: string;
  readonly in: string;
  readonly [key: string]: unknown;
}

type Responses = Readonly<Record<string, Partial<DescribedResponse>>>;

/** What the app says of a method by decorators of `@nestjs/swagger`. */
export interface Told {
  readonly operation: { readonly operationId?: string };
  readonly parameters: readonly Parameter[];
  readonly responses: Responses;
}

/** What the app's own decorators have left on a method, before it is described. */
export function toldOf(method: object): Told {
  const at = (key: string): unknown => Reflect.getMetadata(key, method);
  return {
    operation: (at(KEYS.operation) ?? {}) as Told['operation'],
    parameters: (at(KEYS.parameters) ?? []) as Parameter[],
    responses: (at(KEYS.responses) ?? {}) as Responses,
  };
}

/**
 * Describes a route for OpenAPI. What the app says of it goes before what is said here; a route that only
 * refuses is left out of the document.
 */
export function describeRoute(
  method: object,
  route: ServedRoute,
  told: Told,
  protocols: ReadonlySet<UploadProtocol>,
): void {
  const operation = route.isRefused ? undefined : operationOf(route.target, route.verb, protocols);
  if (!operation) {
    Reflect.defineMetadata(KEYS.exclude, { disable: true }, method);
    return;
  }
  const describe = (key: string, value: unknown) => Reflect.defineMetadata(key, value, method);
  describe(KEYS.operation, summaryOf(told, route, operation));
  describe(KEYS.parameters, parametersOf(told, route, operation));
  describe(KEYS.responses, responsesOf(told, route, operation));
  if (operation.body) describe(KEYS.consumes, operation.body.types);
}

function summaryOf(
  told: Told,
  { verb, target, isMain }: ServedRoute,
  { summary, description }: Operation,
): object {
  if (isMain) return { summary, description, ...told.operation };
  // An operation's id must be the only one.
  const { operationId, ...rest } = told.operation;
  const id = operationId && { operationId: `${operationId}_${verb}_${target}` };
  return { ...rest, summary, description, ...id };
}

function parametersOf(said: Told, route: ServedRoute, operation: Operation): Parameter[] {
  const { parameters } = said;
  // A query, or a body, is that of the main route.
  const told = parameters.filter((each) => route.isMain || !/^(query|body)$/.test(each.in));
  const ours = [...pathParameters(route), ...headerParameters(operation), ...bodyOf(operation)];
  const isTold = ({ name, in: place }: Parameter) =>
    told.some((each) => each.name === name && each.in === place);
  return [...told, ...ours.filter((parameter) => !isTold(parameter))];
}

function pathParameters({ paths, idParameter }: ServedRoute): Parameter[] {
  return parameterNames(paths).map((name) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
    ...(name === idParameter && { description: 'The upload: the last part of its `Location`.' }),
  }));
}

/** The parameters that are in all of the paths. */
function parameterNames(paths: readonly string[]): string[] {
  const [first = [], ...others] = paths.map((path) =>
    [...path.matchAll(/:(\w+)/g)].map(([, name]) => name as string),
  );
  return first.filter((name) => others.every((names) => names.includes(name)));
}

function headerParameters({ headers }: Operation): Parameter[] {
  return Object.entries(headers).map(([name, header]) => ({ name, in: 'header', ...header }));
}

function bodyOf({ body }: Operation): Parameter[] {
  return body ? [{ in: 'body', required: body.required, type: String, ...BYTES }] : [];
}

function responsesOf(told: Told, route: ServedRoute, { responses }: Operation): object {
  if (!route.isMain && !route.hasOwnAnswer) return responses;
  const merged: Record<string, object> = { ...(responses as Responses) };
  if (route.hasOwnAnswer) {
    merged[200] ??= { description: 'All bytes are there, and the method has answered.' };
  }
  for (const [status, response] of Object.entries(told.responses)) {
    const { description = '', headers } = (merged[status] ?? {}) as Partial<DescribedResponse>;
    merged[status] = {
      ...(headers && { headers }),
      ...response,
      description: response.description || description,
    };
  }
  return merged;
}
