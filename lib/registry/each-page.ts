import type { Page } from './registry.interface.js';

/**
 * Walks a listing to its end, a page at a time.
 *
 * @param read reads the page that a cursor stands for; without one, the first
 */
export async function* eachPage<T>(
  read: (cursor?: string) => Promise<Page<T>>,
): AsyncGenerator<readonly T[], void> {
  let cursor: string | undefined;
  do {
    const page = await read(cursor);
    yield page.items;
    cursor = page.cursor;
  } while (cursor !== undefined);
}
