import type { InjectionToken, Type } from '@nestjs/common';
import {
  PARAMTYPES_METADATA,
  PROPERTY_DEPS_METADATA,
  SELF_DECLARED_DEPS_METADATA,
} from '@nestjs/common/constants.js';

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
 * Gives a class another dependency than the one that it asks for, in its constructor or as a
 * property.
 */
export function replaceDependency(target: Type, from: unknown, to: InjectionToken): void {
  if (from === to) return;
  const replace = (dependency: unknown) => (dependency === from ? to : dependency);
  change<unknown>(target, PARAMTYPES_METADATA, replace);
  change<DeclaredParameter>(target, SELF_DECLARED_DEPS_METADATA, (declared) => ({
    ...declared,
    param: replace(declared.param),
  }));
  change<InjectedProperty>(target, PROPERTY_DEPS_METADATA, (property) => ({
    ...property,
    type: replace(property.type),
  }));
}

/** What a class inherits stays as it is there. */
function change<T>(target: Type, key: string, each: (item: T) => T): void {
  const items = Reflect.getMetadata(key, target) as readonly T[] | undefined;
  if (items) Reflect.defineMetadata(key, items.map(each), target);
}
