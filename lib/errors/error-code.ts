/** The code of an error: a text of the system's, a number of LMDB's; `undefined` of all else. */
export function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}

/** Whether an error carries one of these codes. */
export function hasCode(error: unknown, ...codes: readonly unknown[]): boolean {
  const code = codeOf(error);
  return code !== undefined && codes.includes(code);
}
