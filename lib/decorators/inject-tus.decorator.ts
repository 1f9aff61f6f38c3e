import { Inject, type InjectionToken } from '@nestjs/common';
import { TusService } from '../tus.service.js';

/**
 * The injection token of an instance's `TusService`. The class itself is the token of the instance
 * without a name, and of no other.
 *
 * @param name the instance's `name` option; none for the one without a name
 * @publicApi
 */
export function getTusToken(name?: string): InjectionToken<TusService> {
  return name === undefined ? TusService : `TusService(${name})`;
}

/**
 * Injects the `TusService` of a named instance.
 *
 * @publicApi
 */
export function InjectTus(name?: string): ParameterDecorator & PropertyDecorator {
  return Inject(getTusToken(name));
}
