import { Inject, Injectable, Logger } from '@nestjs/common';
import { ContextIdFactory, DiscoveryService, MetadataScanner, ModuleRef } from '@nestjs/core';
import type { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import { handlerMarksOf, type HandlerKind, type HandlerMark } from '../decorators/handler-marks.js';
import { asError } from '../errors/index.js';
import type { HandlerOptions } from '../interfaces/index.js';
import type { TusOptions } from '../options/index.js';
import { LOGGER_CONTEXT, TUS_OPTIONS } from '../tus.constants.js';
import { handlerNotStable } from '../tus.messages.js';
import type { Handler } from './handler.interface.js';

type Method = (...args: readonly unknown[]) => unknown;

/** A mark on a method, and where that is. */
interface MarkedMethod {
  readonly mark: HandlerMark;
  readonly wrapper: InstanceWrapper;
  readonly key: string;
}

/** Finds the app's decorated methods that are meant for one instance. */
@Injectable()
export class HandlerExplorer {
  private readonly logger = new Logger(LOGGER_CONTEXT);
  /** Found once, for to look at every method of an app takes a while. */
  private marked?: readonly MarkedMethod[];

  constructor(
    @Inject(TUS_OPTIONS) private readonly options: TusOptions,
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly moduleRef: ModuleRef,
  ) {}

  /** The handlers of a kind on all providers and controllers, in the order Nest has them. */
  explore<Options extends HandlerOptions<never> = HandlerOptions>(
    kind: HandlerKind,
  ): Handler<Options>[] {
    this.marked ??= this.findMarked();
    const handlers: Handler<HandlerOptions<never>>[] = this.marked
      .filter(({ mark }) => mark.kind === kind)
      .map((marked) => this.handlerOf(marked));
    return handlers as Handler<Options>[];
  }

  private findMarked(): MarkedMethod[] {
    const seen = new Set<object>();
    const wrappers = [...this.discovery.getProviders(), ...this.discovery.getControllers()];
    return wrappers.flatMap((wrapper) => this.markedOn(wrapper, seen));
  }

  /** @param seen objects that need not be looked at again */
  private markedOn(wrapper: InstanceWrapper, seen: Set<object>): MarkedMethod[] {
    const { instance } = wrapper as { instance: object | null | undefined };
    // An alias (`useExisting`) of a transient provider has an instance of its own.
    if (typeof instance !== 'object' || instance === null || wrapper.isAlias) return [];
    // A factory may pass on what has a token already.
    if (seen.has(instance)) return [];
    seen.add(instance);
    const prototype: unknown = Object.getPrototypeOf(instance);
    return this.scanner
      .getAllMethodNames(prototype as object)
      .flatMap((key) => this.marksAt(wrapper, (instance as Record<string, unknown>)[key], key));
  }

  private marksAt(wrapper: InstanceWrapper, method: unknown, key: string): MarkedMethod[] {
    if (typeof method !== 'function') return [];
    return handlerMarksOf(method)
      .filter(({ options }) => options.instance === this.options.name)
      .map((mark) => ({ mark, wrapper, key }));
  }

  private handlerOf({ mark, wrapper, key }: MarkedMethod): Handler<HandlerOptions<never>> {
    const { options } = mark;
    const { constructor } = wrapper.instance as { constructor?: { name?: string } };
    const name = options.id ?? this.defaultName(constructor?.name, key);
    const wants = (upload: never) => this.isWanted(name, options, upload);
    return { name, options, wants, call: this.caller(wrapper, key) };
  }

  private isWanted(name: string, { when }: HandlerOptions<never>, upload: never): boolean {
    try {
      return when?.(upload) ?? true;
    } catch (error) {
      const { message, stack } = asError(error);
      const { id } = upload as { id?: string };
      const of = id === undefined ? '' : `Upload ${id}: `;
      this.logger.error(`${of}the "when" of ${name} failed, so it is called: ${message}`, stack);
      return true;
    }
  }

  private defaultName(className: string | undefined, key: string): string {
    if (className === undefined || className === '') throw new Error(handlerNotStable(key));
    return `${className}#${key}`;
  }

  private caller(wrapper: InstanceWrapper, key: string): Handler['call'] {
    return async (context, ...args) => {
      const instance = await this.instanceOf(wrapper, context);
      return instance[key]?.(...args);
    };
  }

  /**
   * A request-scoped provider is made for every call, in a context of its own, and so is a
   * transient one, of which there is no instance to find.
   */
  private async instanceOf(
    wrapper: InstanceWrapper,
    context: object,
  ): Promise<Record<string, Method>> {
    if (wrapper.isDependencyTreeStatic() && !wrapper.isTransient) {
      return wrapper.instance as Record<string, Method>;
    }
    const contextId = ContextIdFactory.create();
    this.moduleRef.registerRequestByContextId(context, contextId);
    return this.moduleRef.resolve(wrapper.token, contextId, { strict: false });
  }
}
