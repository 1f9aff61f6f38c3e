import type { RouteTarget } from '../../marks/index.js';
import type { UploadProtocol } from '../../registry/index.js';
import { IETF_OPERATIONS } from './ietf-operations.js';
import type {
  DescribedBody,
  DescribedHeader,
  DescribedResponse,
  Operation,
} from './operation.interface.js';
import { TUS_OPERATIONS } from './tus-operations.js';

type Headers = Readonly<Record<string, DescribedHeader>>;

/** What a route does by the protocols that are spoken; `undefined` where it only refuses. */
export function operationOf(
  target: RouteTarget,
  verb: string,
  protocols: ReadonlySet<UploadProtocol>,
): Operation | undefined {
  const tus = protocols.has('tus') ? TUS_OPERATIONS[target][verb] : undefined;
  const ietf = protocols.has('ietf') ? IETF_OPERATIONS[target][verb] : undefined;
  return tus && ietf ? either(tus, ietf) : (tus ?? ietf);
}

function either(one: Operation, other: Operation): Operation {
  return {
    summary: one.summary,
    description: eitherText(one.description, other.description),
    headers: eitherHeaders(one.headers, other.headers),
    body: one.body && other.body && eitherBody(one.body, other.body),
    responses: eachOf(one.responses, other.responses, eitherResponse),
  };
}

function eitherResponse(one: DescribedResponse, other: DescribedResponse): DescribedResponse {
  const content = { ...one.content, ...other.content };
  return {
    description: eitherText(one.description, other.description),
    headers: eitherHeaders(one.headers ?? {}, other.headers ?? {}),
    ...(Object.keys(content).length > 0 && { content }),
  };
}

/** What only one protocol asks for, or tells, is there for those who speak it. */
function eitherHeaders(one: Headers, other: Headers): Headers {
  const headers = eachOf(one, other, (first) => first);
  const entries = Object.entries(headers).map(([name, header]) => {
    const required = one[name]?.required === true && other[name]?.required === true;
    return [name, { ...header, required }];
  });
  return Object.fromEntries(entries) as Headers;
}

function eitherBody(one: DescribedBody, other: DescribedBody): DescribedBody {
  return { required: one.required && other.required, types: [...one.types, ...other.types] };
}

function eitherText(one: string, other: string): string {
  return one === other ? one : `By tus: ${one} By the IETF’s protocol: ${other}`;
}

/** The members of both, those that both have made one. */
function eachOf<T>(
  one: Readonly<Record<string, T>>,
  other: Readonly<Record<string, T>>,
  join: (one: T, other: T) => T,
): Record<string, T> {
  const joined: Record<string, T> = { ...one };
  for (const [key, value] of Object.entries(other)) {
    const known = joined[key];
    joined[key] = known === undefined ? value : join(known, value);
  }
  return joined;
}
