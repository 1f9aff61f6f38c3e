import type {
  ConfigurableModuleAsyncOptions,
  ControllerOptions,
  DynamicModule,
  ForwardReference,
  Type,
} from '@nestjs/common';
import type { TusController } from './http/index.js';
import type { TusModuleOptions } from './interfaces/index.js';

/**
 * Options that shape the controller and the module; `forRootAsync()` reads them synchronously too,
 * beside its factory.
 *
 * @publicApi
 */
export interface TusModuleExtras {
  /**
   * Path the upload controller serves, below the app's global prefix. May hold parameters
   * (`tenants/:tenant/files`), but no wildcard. An upload is there only under those parameters that
   * it was created under.
   *
   * @default '/files'
   */
  uploadPath?: string;

  /** Name of a further instance, injected by `@InjectTus(name)`. */
  name?: string;

  /** Decorators for the controller class: guards, throttling, documentation. */
  decorators?: ClassDecorator[];

  /** A subclass of `TusController` to serve the path, with its own decorators and routes. */
  controller?: Type<TusController>;

  /** Modules whose exports the decorators' guards and interceptors inject. */
  imports?: (Type | DynamicModule | Promise<DynamicModule> | ForwardReference)[];

  /**
   * Version of the controller's routes, where the app uses versioning.
   *
   * @default VERSION_NEUTRAL
   */
  version?: ControllerOptions['version'];

  /**
   * Makes the module's exports visible everywhere.
   *
   * @default false
   */
  isGlobal?: boolean;
}

/**
 * What `TusModule.forRootAsync()` takes.
 *
 * @publicApi
 */
export type TusModuleAsyncOptions = ConfigurableModuleAsyncOptions<
  TusModuleOptions,
  'createTusOptions'
> &
  TusModuleExtras;
