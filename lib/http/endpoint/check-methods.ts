import type { EndpointMethod } from '../../interfaces/index.js';
import { TusOptionError } from '../../options/index.js';

const METHODS: readonly EndpointMethod[] = ['POST', 'PUT', 'PATCH'];

/** @throws TusOptionError unless it is a list of methods that can create uploads */
export function checkMethods(value: readonly EndpointMethod[]): void {
  const isKnown = (method: EndpointMethod) => METHODS.includes(method);
  if (Array.isArray(value) && value.length > 0 && value.every(isKnown)) return;
  throw new TusOptionError('@TusEndpoint methods', value, `Give a list of: ${METHODS.join(', ')}.`);
}
