import { inspect } from 'node:util';

/**
 * Thrown at start for an option that cannot be used: names it, shows its value and says what to do.
 *
 * @publicApi
 */
export class TusOptionError extends Error {
  override readonly name = 'TusOptionError';

  constructor(
    /** Name of the option, such as `cleanup.every`. */
    readonly option: string,
    value: unknown,
    remedy: string,
    options?: ErrorOptions & { readonly module?: string },
  ) {
    const shown = inspect(value, { depth: 1, breakLength: Infinity, maxStringLength: 100 });
    super(
      `${options?.module ?? 'TusModule'}: option "${option}" cannot be ${shown}. ${remedy}`,
      options,
    );
  }
}
