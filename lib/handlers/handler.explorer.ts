import { Inject, Injectable, Logger } from '@nestjs/common';
import { ContextIdFactory, MetadataScanner, ModuleRef } from '@nestjs/core';
import type { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import type { Module } from '@nestjs/core/injector/module.js';
import { asError, logError } from '../errors/index.js';
import type { HandlerOptions } from '../interfaces/index.js';
import { TusOptionError, type TusOptions } from '../options/index.js';
import { LOGGER_CONTEXT, TUS_OPTIONS } from '../tus.constants.js';
import { handlerLeftOut, handlerNotStable, methodWithoutInstance } from './handler.messages.js';
import { AppProviders } from './app-providers.js';
import {
  HANDLER_DECORATORS,
  markedMethods,
  type HandlerKind,
  type HandlerMark,
} from './handler-marks.js';
import type { Handler } from './handler.interface.js';
import { RunningCalls } from './running-calls.js';

type Method = (...args: readonly unknown[]) => unknown;
type AnyHandler = Handler<HandlerOptions<never>>;
type Take = (handler: AnyHandler) => void;

/** A mark on a method, and where that is. */
interface MarkedMethod {
  readonly mark: HandlerMark;
  readonly wrapper: InstanceWrapper;
  readonly key: PropertyKey;
}

/** Finds the app's decorated methods that are meant for one instance. */
@Injectable()
export class HandlerExplorer {
  private readonly logger = new Logger(LOGGER_CONTEXT);
  private readonly takers = new Map<HandlerKind, Take>();
  /** Objects that were looked at: a factory may return an object that has another token already. */
  private readonly seen = new WeakSet<object>();
  /** Found once, because looking at every method of an app takes a while. */
  private marked?: readonly MarkedMethod[];

  constructor(
    @Inject(TUS_OPTIONS) private readonly options: TusOptions,
    private readonly providers: AppProviders,
    private readonly calls: RunningCalls,
    private readonly scanner: MetadataScanner,
  ) {
    providers.whenLoaded((wrapper) => this.takeLate(wrapper));
  }

  /**
   * Gives the handlers of a kind on all providers and controllers, in the order Nest has them, and
   * later those of modules that the app loads.
   *
   * @param take gets each handler. If it throws, the app does not start, or a later handler is left
   *   out
   * @throws TusOptionError for a handler of an instance that is not there
   */
  explore<Options extends HandlerOptions<never> = HandlerOptions>(
    kind: HandlerKind,
    take: (handler: Handler<Options>) => void,
  ): void {
    this.marked ??= this.providers.all().flatMap((wrapper) => this.markedOn(wrapper));
    this.takers.set(kind, take as Take);
    for (const { mark, ...place } of this.marked) {
      if (mark.kind === kind && this.isOurs(mark, place)) this.take({ mark, ...place });
    }
  }

  /** Looks for handlers of modules that were loaded meanwhile; cheap, and to be done before each use. */
  look(): void {
    this.providers.look();
  }

  private take(marked: MarkedMethod): void {
    this.takers.get(marked.mark.kind)?.(this.handlerOf(marked));
  }

  /** A wrong handler must not fail the request that happens to come next. */
  private takeLate(wrapper: InstanceWrapper): void {
    for (const marked of this.markedOn(wrapper)) {
      try {
        if (this.isOurs(marked.mark, marked)) this.take(marked);
      } catch (error) {
        this.logger.error(handlerLeftOut(asError(error).message));
      }
    }
  }

  private markedOn(wrapper: InstanceWrapper): MarkedMethod[] {
    const { instance } = wrapper as { instance: object | null | undefined };
    // An alias (`useExisting`) of a transient provider has an instance of its own.
    if (typeof instance !== 'object' || instance === null || wrapper.isAlias) return [];
    if (this.seen.has(instance)) return [];
    this.seen.add(instance);
    const prototype = Object.getPrototypeOf(instance) as object | null;
    return markedMethods(prototype, this.scanner).flatMap(({ key, marks }) =>
      marks.map((mark) => ({ mark, wrapper, key })),
    );
  }

  /** @throws TusOptionError when it is for none of the app's instances; the first of them tells it */
  private isOurs({ kind, options }: HandlerMark, place: Omit<MarkedMethod, 'mark'>): boolean {
    const { instance } = options;
    if (instance === this.options.name) return true;
    const names = this.providers.instanceNames();
    if (names.includes(instance) || names[0] !== this.options.name) return false;
    const decorator = HANDLER_DECORATORS[kind];
    const name = options.id ?? this.defaultName(place);
    throw new TusOptionError(
      `${decorator} instance`,
      instance,
      methodWithoutInstance(decorator, name, instance, names),
    );
  }

  private handlerOf({ mark, ...place }: MarkedMethod): AnyHandler {
    const { options } = mark;
    const name = options.id ?? this.defaultName(place);
    const wants = (upload: never) => this.isWanted(name, options, upload);
    const method = this.caller(place);
    const call: Handler['call'] = (context, upload, ...args) => {
      const { id: uploadId } = upload as { readonly id?: string };
      return this.calls.during({ name, uploadId }, method(context, upload, ...args));
    };
    return { name, options, wants, call };
  }

  private isWanted(name: string, { when }: HandlerOptions<never>, upload: never): boolean {
    try {
      return when?.(upload) ?? true;
    } catch (error) {
      const { id } = upload as { id?: string };
      const of = id === undefined ? '' : `Upload ${id}: `;
      logError(this.logger, `${of}the "when" of ${name} failed, so it is called`, error);
      return true;
    }
  }

  private defaultName({ wrapper, key }: Omit<MarkedMethod, 'mark'>): string {
    const { constructor } = wrapper.instance as { constructor?: { name?: string } };
    const className = constructor?.name ?? '';
    if (className === '') throw new Error(handlerNotStable(String(key)));
    return `${className}#${String(key)}`;
  }

  private caller({ wrapper, key }: Omit<MarkedMethod, 'mark'>): Handler['call'] {
    return async (context, ...args) => {
      const instance = await this.instanceOf(wrapper, context);
      return Reflect.apply(Reflect.get(instance, key) as Method, instance, args);
    };
  }

  /**
   * A request-scoped provider is made anew for every call, in a context of its own. So is a
   * transient provider, which has no instance to find.
   */
  private async instanceOf(wrapper: InstanceWrapper, context: object): Promise<object> {
    if (wrapper.isDependencyTreeStatic() && !wrapper.isTransient) return wrapper.instance as object;
    // Of its own module: others may have another provider under the same token.
    const { instance: moduleRef } = (wrapper.host as Module).getProviderByKey<ModuleRef>(ModuleRef);
    const contextId = ContextIdFactory.create();
    moduleRef.registerRequestByContextId(context, contextId);
    return moduleRef.resolve<object>(wrapper.token, contextId, { strict: true });
  }
}
