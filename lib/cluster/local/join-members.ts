import { randomBytes } from 'node:crypto';
import type { Members, SharedTables } from '../shared-tables.interface.js';

/**
 * Notes a process among those that live, and forgets those that do not.
 *
 * @param mayLive whether another one lives, as far as can be told
 */
export async function joinMembers(
  tables: Pick<SharedTables, 'readMembers' | 'replaceMembers'>,
  identity: string,
  mayLive: (identity: string) => Promise<boolean>,
): Promise<Members> {
  for (;;) {
    const seen = await tables.readMembers();
    const noted = seen?.identities ?? [];
    const living = await Promise.all(noted.map(mayLive));
    const alive = noted.filter((_, index) => living[index]);
    // Without any other alive, what was shared may date from before the machine was lost.
    const generation = seen && alive.length > 0 ? seen.generation : randomBytes(8).toString('hex');
    const members = { generation, identities: [...alive, identity] };
    if (await tables.replaceMembers(seen, members)) return members;
  }
}
