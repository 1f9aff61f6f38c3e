import type { InjectionToken, Type } from '@nestjs/common';
import {
  PARAMTYPES_METADATA,
  PROPERTY_DEPS_METADATA,
  SELF_DECLARED_DEPS_METADATA,
} from '@nestjs/common/constants.js';
import { TusService } from './tus.service.js';

/** A constructor's parameter that names what is injected. */
interface DeclaredParameter {
  readonly index: number;
  readonly param: unknown;
}

/** A property that is injected. */
interface InjectedProperty {
  readonly key: string | symbol;
  readonly type: unknown;
}

/**
 * Has a controller that injects `TusService` be given the one of its own instance. Everywhere else
 * the class stands for the instance without a name.
 *
 * @param token of the instance's service
 */
export function injectOwnService(controller: Type, token: InjectionToken<TusService>): void {
  if (token === TusService) return;
  const own = (dependency: unknown) => (dependency === TusService ? token : dependency);
  change<unknown>(controller, PARAMTYPES_METADATA, own);
  change<DeclaredParameter>(controller, SELF_DECLARED_DEPS_METADATA, (declared) => ({
    ...declared,
    param: own(declared.param),
  }));
  change<InjectedProperty>(controller, PROPERTY_DEPS_METADATA, (property) => ({
    ...property,
    type: own(property.type),
  }));
}

/** What a class inherits stays as it is there. */
function change<T>(controller: Type, key: string, each: (item: T) => T): void {
  const items = Reflect.getMetadata(key, controller) as readonly T[] | undefined;
  if (items) Reflect.defineMetadata(key, items.map(each), controller);
}
