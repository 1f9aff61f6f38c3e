import type { PgResult } from './pg.interface.js';

/** Whether a statement has found a row, or changed one. */
export function hasRow({ rowCount }: PgResult): boolean {
  return (rowCount ?? 0) > 0;
}
