import type { Key, RootDatabase, RootDatabaseOptionsWithPath } from 'lmdb';
import { PRIVATE_FILE } from '../../folder/index.js';
import type { Lmdb } from './load-lmdb.js';
import { MAX_READERS } from './lmdb.errors.js';

/** What all environments are opened with. */
const COMMON = {
  noSubdir: false,
  maxReaders: MAX_READERS,
  /** That of new files; LMDB's package has it, but not among its types. */
  permissionsMode: PRIVATE_FILE,
  // A commit is seen by readers only when it is on disk.
  overlappingSync: false,
  // Batching makes a promise that cannot be handled, which ends the process when a commit fails.
  eventTurnBatching: false,
};

/** Opens an environment of LMDB. */
export function openRoot<V, K extends Key>(
  lmdb: Lmdb,
  options: RootDatabaseOptionsWithPath,
): RootDatabase<V, K> {
  return lmdb.open<V, K>({ ...COMMON, ...options });
}
