import type { HandlerOptions } from '../interfaces/index.js';

/** A decorated method of the app, ready to be called. */
export interface Handler<Options extends HandlerOptions<never> = HandlerOptions> {
  /** `Class#method`, or the `id` of its decorator. */
  readonly name: string;
  readonly options: Options;

  /** Whether its `when` lets it be called for an upload; what that throws is logged, and means yes. */
  wants(upload: Parameters<NonNullable<Options['when']>>[0]): boolean;

  /**
   * Calls the method.
   *
   * @param context what a request-scoped provider injects as `REQUEST`
   */
  call(context: object, ...args: readonly unknown[]): Promise<unknown>;
}
