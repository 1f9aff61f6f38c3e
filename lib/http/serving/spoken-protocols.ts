import type { IetfSettings, TusOptions } from '../../options/index.js';
import type { EndpointPolicy } from '../request/exchange.js';
import {
  discoveryHeaders,
  ietfDiscoveryHeaders,
  type CreationRules,
  type IetfRules,
  type UploadLimits,
} from '../../protocol/index.js';

/** How the IETF's protocol is spoken beside what else is; `undefined` where it is not. */
export function spokenAs(
  protocols: TusOptions['protocols'],
  { versions, informational }: IetfSettings,
): IetfRules | undefined {
  if (!protocols.has('ietf')) return undefined;
  return { versions, informational, besideTus: protocols.has('tus') };
}

/** The headers that answer OPTIONS: of all protocols that are spoken, whichever a client asks by. */
export function offered(
  rules: CreationRules & UploadLimits,
  ietf: IetfRules | undefined,
): Record<string, string> {
  if (!ietf) return discoveryHeaders(rules);
  return {
    ...(ietf.besideTus && discoveryHeaders(rules)),
    ...ietfDiscoveryHeaders(rules, ietf),
  };
}

/** The same on a path of an instance, its own or an endpoint's. */
export function offeredAt(options: TusOptions, endpoint?: EndpointPolicy): Record<string, string> {
  const { maxSize = options.maxSize, protocols = options.protocols } = endpoint ?? {};
  return offered({ ...options, maxSize }, spokenAs(protocols, options.ietf));
}
