import type { TusModuleExtras } from '../tus.module-extras.interface.js';

/**
 * What `TusDashboardModule.forRoot()` takes.
 *
 * @publicApi
 */
export interface TusDashboardOptions extends Pick<TusModuleExtras, 'imports' | 'version'> {
  /**
   * Path of the page, below the app's global prefix; without parameters. Each page has one of its own,
   * and none below an upload path.
   *
   * @default '/tus'
   */
  path?: string;

  /** Name of the instance whose uploads are shown; absent: the one without a name. */
  instance?: string;

  /** Decorators for the controller class: the guard, `@ApiExcludeController()`, throttling. */
  decorators?: ClassDecorator[];

  /**
   * Whether the page needs no guard of its own among `decorators`, for something else keeps strangers
   * out: a global guard, or a proxy.
   *
   * @default false
   */
  public?: boolean;
}
