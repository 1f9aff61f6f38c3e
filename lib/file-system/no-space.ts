import { constants } from 'node:os';

const { ENOSPC, EDQUOT } = constants.errno;

/** Node's names, and the numbers that native modules give as codes. */
const CODES: ReadonlySet<unknown> = new Set<unknown>(['ENOSPC', 'EDQUOT', ENOSPC, EDQUOT]);

/** What Node gives beside the name. */
const NUMBERS: ReadonlySet<unknown> = new Set<unknown>([-ENOSPC, -EDQUOT]);

/**
 * Whether an error of the system says that there is no room left (`ENOSPC`), or no quota (`EDQUOT`).
 *
 * libuv has no name for `EDQUOT`: Node's error has the code "Unknown system error -122" on Linux, and
 * is known by its number only.
 */
export function isNoSpace(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { code, errno } = error as { readonly code?: unknown; readonly errno?: unknown };
  return CODES.has(code) || NUMBERS.has(errno);
}
