import type { HandlerOptions } from '../interfaces/index.js';
import type { Handler } from './handler.interface.js';

/**
 * Whether a handler wants to be called for an upload.
 *
 * @param onError told what its `when` threw; it is called then
 */
export function isMeantFor<T>(
  upload: T,
  { options }: Handler<HandlerOptions<T>>,
  onError: (error: unknown) => void,
): boolean {
  try {
    return options.when?.(upload) ?? true;
  } catch (error) {
    onError(error);
    return true;
  }
}
