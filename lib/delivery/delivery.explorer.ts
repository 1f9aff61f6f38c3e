import { Inject, Injectable } from '@nestjs/common';
import { ContextIdFactory, DiscoveryService, MetadataScanner, ModuleRef } from '@nestjs/core';
import type { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import { getOnUploadFinished } from '../decorators/on-upload-finished.decorator.js';
import type { FinishedUpload } from '../interfaces/index.js';
import type { TusOptions } from '../options/index.js';
import { TUS_OPTIONS } from '../tus.constants.js';
import { handlerNotStable, handlerTwice } from '../tus.messages.js';
import type { FinishedHandler } from './handler.interface.js';

type Method = (upload: FinishedUpload) => unknown;

/** Finds the app's `@OnUploadFinished()` methods that are meant for one instance. */
@Injectable()
export class DeliveryExplorer {
  constructor(
    @Inject(TUS_OPTIONS) private readonly options: TusOptions,
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly moduleRef: ModuleRef,
  ) {}

  /**
   * The handlers of all providers and controllers, by name.
   *
   * @throws Error when two of them have the same name, so that deliveries could not be told apart
   */
  explore(): Map<string, FinishedHandler> {
    const handlers = new Map<string, FinishedHandler>();
    const wrappers = [...this.discovery.getProviders(), ...this.discovery.getControllers()];
    for (const wrapper of wrappers) {
      for (const handler of this.handlersOf(wrapper)) {
        if (handlers.has(handler.name)) throw new Error(handlerTwice(handler.name));
        handlers.set(handler.name, handler);
      }
    }
    return handlers;
  }

  private handlersOf(wrapper: InstanceWrapper): FinishedHandler[] {
    const { instance } = wrapper as { instance: object | null | undefined };
    // An alias (`useExisting`) is the same object under another token.
    if (typeof instance !== 'object' || instance === null || wrapper.isAlias) return [];
    const prototype: unknown = Object.getPrototypeOf(instance);
    return this.scanner
      .getAllMethodNames(prototype as object)
      .flatMap((key) => this.handlersAt(wrapper, instance as Record<string, Method>, key));
  }

  private handlersAt(
    wrapper: InstanceWrapper,
    instance: Record<string, Method>,
    key: string,
  ): FinishedHandler[] {
    const method = instance[key];
    if (typeof method !== 'function') return [];
    const className = (instance.constructor as { name?: string } | undefined)?.name;
    return getOnUploadFinished(method)
      .filter(({ instance: name }) => name === this.options.name)
      .map(({ id }) => ({
        name: id ?? this.defaultName(className, key),
        call: this.caller(wrapper, key),
      }));
  }

  private defaultName(className: string | undefined, key: string): string {
    if (className === undefined || className === '') throw new Error(handlerNotStable(key));
    return `${className}#${key}`;
  }

  private caller(wrapper: InstanceWrapper, key: string): FinishedHandler['call'] {
    return async (upload) => {
      const instance = await this.instanceOf(wrapper, upload);
      await instance[key]?.(upload);
    };
  }

  /**
   * A request-scoped provider is made for every delivery, in a context whose request is the upload,
   * and so is a transient one, of which there is no instance to find.
   */
  private async instanceOf(
    wrapper: InstanceWrapper,
    upload: FinishedUpload,
  ): Promise<Record<string, Method>> {
    if (wrapper.isDependencyTreeStatic() && !wrapper.isTransient) {
      return wrapper.instance as Record<string, Method>;
    }
    const contextId = ContextIdFactory.create();
    this.moduleRef.registerRequestByContextId(upload, contextId);
    return this.moduleRef.resolve(wrapper.token, contextId, { strict: false });
  }
}
