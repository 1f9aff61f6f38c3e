/** Most bytes of UTF-8 that the name of a handler or of a holder may have. */
const MAX_BYTES = 512;

/** No control characters, which LMDB's key grammar needs itself, and no half characters. */
const NAME = /^[^\p{Cc}\p{Cs}]+$/u;

/** What a name must be. */
export const NAME_RULE = `1 to ${MAX_BYTES} bytes and no control characters`;

/** Whether a handler or a holder may be called so. */
export function isName(name: unknown): name is string {
  return typeof name === 'string' && NAME.test(name) && Buffer.byteLength(name) <= MAX_BYTES;
}

/**
 * Checks what a handler or a holder is called.
 *
 * @throws RangeError when it is empty, longer than 512 bytes, or has control characters.
 */
export function checkName(what: string, name: string): void {
  if (!isName(name)) throw new RangeError(`The name of a ${what} must have ${NAME_RULE}.`);
}
