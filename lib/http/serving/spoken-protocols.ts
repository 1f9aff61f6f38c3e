import type { IetfSettings, TusOptions } from '../../options/index.js';
import { discoveryHeaders, ietfDiscoveryHeaders, type IetfRules } from '../../protocol/index.js';
import type { EndpointPolicy } from '../request/exchange.js';

/** How the IETF's protocol is spoken beside what else is; `undefined` where it is not. */
export function spokenAs(
  protocols: TusOptions['protocols'],
  { versions, informational, sizes }: IetfSettings,
): IetfRules | undefined {
  if (!protocols.has('ietf')) return undefined;
  return { versions, informational, besideTus: protocols.has('tus'), sizes };
}

/**
 * The headers that answer OPTIONS on a path: of all protocols that are spoken, whichever a client asks by.
 *
 * @param endpoint absent on the upload path
 */
export function offeredAt(options: TusOptions, endpoint?: EndpointPolicy): Record<string, string> {
  const { maxSize = options.maxSize, protocols = options.protocols } = endpoint ?? {};
  const rules = { ...options, maxSize };
  const ietf = spokenAs(protocols, options.ietf);
  if (!ietf) return discoveryHeaders(rules);
  return {
    ...(ietf.besideTus && discoveryHeaders(rules)),
    ...ietfDiscoveryHeaders(rules, ietf, methodsAt(options, endpoint?.methods)),
  };
}

function methodsAt(
  { extensions }: TusOptions,
  creating: readonly string[] = ['POST'],
): readonly string[] {
  const ending = extensions.has('termination') ? ['DELETE'] : [];
  return [...new Set(['OPTIONS', ...creating, 'HEAD', 'GET', 'PATCH', ...ending])];
}
