import type { Page, UploadQuery } from './registry.interface.js';

const DEFAULT_LIMIT = 100;

/** What one part of a cursor is. */
export type CursorPart = string | number;

/**
 * How many items a page is to have: 100 unless told.
 *
 * @throws RangeError when it is not a positive whole number.
 */
export function pageLimit(limit = DEFAULT_LIMIT): number {
  if (Number.isSafeInteger(limit) && limit > 0) return limit;
  throw new RangeError('The limit of a listing must be a positive whole number.');
}

/** Writes a position as an opaque text that may stand in a URL. */
export function encodeCursor(position: readonly CursorPart[]): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

/**
 * Reads a position back.
 *
 * @param isPosition whether what was read is a position of this listing
 * @throws RangeError when it is not.
 */
export function decodeCursor<T extends readonly CursorPart[]>(
  cursor: string,
  isPosition: (value: readonly unknown[]) => value is T & readonly unknown[],
): T {
  const value = parse(Buffer.from(cursor, 'base64url').toString());
  if (Array.isArray(value) && isPosition(value)) return value;
  throw new RangeError('The cursor does not belong to this listing.');
}

/** Where an upload stands in a listing. */
export type UploadPosition = [state: string, createdAt: number, id: string];

/**
 * Where a listing of uploads goes on, if it does.
 *
 * @throws RangeError for a cursor of another listing
 */
export function uploadPosition({ cursor, state }: UploadQuery): UploadPosition | undefined {
  if (cursor === undefined) return undefined;
  return decodeCursor<UploadPosition>(
    cursor,
    (value): value is UploadPosition =>
      value.length === 3 &&
      typeof value[0] === 'string' &&
      Number.isSafeInteger(value[1]) &&
      (value[1] as number) >= 0 &&
      typeof value[2] === 'string' &&
      (state === undefined || value[0] === state),
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The first items of what may have more, which is left unread. */
export function take<T>(items: Iterable<T>, count: number): T[] {
  const taken: T[] = [];
  if (count <= 0) return taken;
  for (const item of items) {
    taken.push(item);
    if (taken.length >= count) break;
  }
  return taken;
}

/**
 * Makes a page of at most `limit` rows.
 *
 * @param found what was found, one more than the limit when more follows
 * @param positionOf where a row stands in the listing
 */
export function toPage<F extends { readonly row: unknown }>(
  found: readonly F[],
  limit: number,
  positionOf: (found: F) => readonly CursorPart[],
): Page<F['row']> {
  const shown = found.slice(0, limit);
  const items = shown.map(({ row }) => row);
  const last = shown.at(-1);
  if (last === undefined || found.length <= limit) return { items };
  return { items, cursor: encodeCursor(positionOf(last)) };
}
