import type { HandlerOptions } from '../interfaces/index.js';

/** A decorated method of the app, ready to be called. */
export interface Handler<Options extends HandlerOptions<never> = HandlerOptions> {
  /** `Class#method`, or the `id` of its decorator. */
  readonly name: string;
  readonly options: Options;

  /**
   * Calls the method.
   *
   * @param context what a request-scoped provider injects as `REQUEST`
   */
  call(context: object, ...args: readonly unknown[]): Promise<unknown>;
}
