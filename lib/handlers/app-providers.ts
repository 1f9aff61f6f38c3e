import { Injectable, Scope } from '@nestjs/common';
import { DiscoveryService, ModulesContainer } from '@nestjs/core';
import { STATIC_CONTEXT } from '@nestjs/core/injector/constants.js';
import type { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import { TUS_NAME } from '../tus.constants.js';

type Listener = (wrapper: InstanceWrapper) => void;

/**
 * The app's providers and controllers: those there are at the start, and those of modules that it
 * loads later (`LazyModuleLoader`).
 */
@Injectable()
export class AppProviders {
  private readonly seen = new WeakSet<InstanceWrapper>();
  private readonly listeners: Listener[] = [];
  /** How many modules there were, once all of their providers had been made. */
  private modulesSeen = 0;

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly modules: ModulesContainer,
  ) {}

  /** All there are at the start, in the order Nest has them. */
  all(): InstanceWrapper[] {
    const wrappers = this.discover();
    for (const wrapper of wrappers) this.seen.add(wrapper);
    this.modulesSeen = this.modules.size;
    return wrappers;
  }

  /** Calls with each one of a module that is loaded later, once it is noticed. */
  whenLoaded(listener: Listener): void {
    this.listeners.push(listener);
  }

  /**
   * Looks for modules that were loaded meanwhile. Nest does not tell of them, so call this before
   * handlers are called. Without new modules it costs one comparison.
   */
  look(): void {
    if (this.modules.size === this.modulesSeen || this.modulesSeen === 0) return;
    const unseen = this.discover().filter((wrapper) => !this.seen.has(wrapper));
    const made = unseen.filter(isMade);
    // A module is there some time before its providers.
    if (made.length === unseen.length) this.modulesSeen = this.modules.size;
    for (const wrapper of made) {
      this.seen.add(wrapper);
      for (const listener of this.listeners) listener(wrapper);
    }
  }

  /** The names of the app's instances; of the one without, `undefined`. */
  instanceNames(): (string | undefined)[] {
    return this.discovery
      .getProviders()
      .filter(({ token }) => token === TUS_NAME)
      .map(({ instance }) => instance as string | undefined);
  }

  /**
   * The provider of a class, found by the class's name, because the app may not have its package.
   * There may also be several copies of the package, so the class itself may not be the right one.
   */
  named<T extends object>(name: string): T | undefined {
    const isIt = ({ metatype }: InstanceWrapper) => (metatype as Function | null)?.name === name;
    return this.discovery.getProviders().find(isIt)?.instance as T | undefined;
  }

  private discover(): InstanceWrapper[] {
    return [...this.discovery.getProviders(), ...this.discovery.getControllers()];
  }
}

/** There is nothing to wait for in a provider that is made for each request. */
function isMade(wrapper: InstanceWrapper): boolean {
  const { isResolved } = wrapper.getInstanceByContextId(STATIC_CONTEXT);
  return isResolved === true || wrapper.isTransient || isRequestScoped(wrapper);
}

/**
 * Does what `isDependencyTreeStatic()` does. That one keeps its answer, which later modules may
 * change.
 */
function isRequestScoped(wrapper: InstanceWrapper, asked = new Set<InstanceWrapper>()): boolean {
  if (asked.has(wrapper)) return false;
  asked.add(wrapper);
  const properties = wrapper.getPropertiesMetadata() ?? [];
  const needed = [...(wrapper.getCtorMetadata() ?? []), ...properties.map((each) => each.wrapper)];
  return wrapper.scope === Scope.REQUEST || needed.some((each) => isRequestScoped(each, asked));
}
