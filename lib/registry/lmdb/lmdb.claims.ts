import { mkdir } from 'node:fs/promises';
import type { RootDatabase } from 'lmdb';
import { NoSpaceError } from '../../errors/index.js';
import { PRIVATE_FOLDER, type FolderCheck } from '../../folder/index.js';
import type { ClaimTable } from '../../processes/index.js';
import { loadLmdb, type Lmdb } from './load-lmdb.js';
import { explainOpening, saysNoSpace } from './lmdb.errors.js';
import { placeLockFile } from './lock-file.js';
import { openRoot } from './open-root.js';
import { checkReadiness } from './readiness.js';

/** Rows that are written once and removed, so that later ones find their pages on a full disk. */
const ROOM_ROWS = 1000;

/** Characters of such a row's key: an id of the application's, with what a lease adds to it. */
const ROOM_KEY = 110;

/** Bytes of such a row's value; the identity of a process takes no more. */
const ROOM_BYTES = 64;

/**
 * Claims in an LMDB environment that is never flushed: it outlives killed processes, and is not
 * meant to outlive the machine.
 *
 * Its transactions are synchronous: they take some ten microseconds, and one that waited for its
 * turn of the event loop would make all other processes wait with it.
 */
export class LmdbClaims implements ClaimTable {
  private root: RootDatabase<string, string>;

  private constructor(
    private readonly lmdb: Lmdb,
    private readonly folder: string,
    private readonly watch?: FolderCheck,
  ) {
    this.root = this.openRoot();
  }

  /**
   * @param watch knows whether the folder is still the one it was; it is taken for it unless given
   * @throws Error when the folder cannot be used, or there is no room in it
   */
  static async open(folder: string, watch?: FolderCheck): Promise<LmdbClaims> {
    const lmdb = await loadLmdb();
    try {
      await mkdir(folder, { recursive: true, mode: PRIVATE_FOLDER });
      await placeLockFile(folder);
      await checkReadiness(folder);
      const claims = new LmdbClaims(lmdb, folder, watch);
      claims.makeRoom();
      // To read takes a place among the readers, of which there may be none left.
      claims.keysOf('');
      return claims;
    } catch (error) {
      throw await explainOpening(error, folder);
    }
  }

  put(key: string, holder: string, mayReplace: (current?: string) => boolean): string {
    return this.transact((root) => {
      const current = root.get(key);
      if (current !== undefined && !mayReplace(current)) return current;
      if (current !== holder) root.putSync(key, holder);
      return holder;
    });
  }

  remove(key: string, holder: string): void {
    this.transact((root) => {
      if (root.get(key) === holder) root.removeSync(key);
    });
  }

  keysOf(holder: string): string[] {
    this.root.resetReadTxn();
    return [...this.root.getRange()].filter((row) => row.value === holder).map(({ key }) => key);
  }

  async close(): Promise<void> {
    await this.root.close();
  }

  private makeRoom(): void {
    const keys = Array.from({ length: ROOM_ROWS }, (_, index) => `room-${index}`.padEnd(ROOM_KEY));
    this.transact((root) => keys.forEach((key) => root.putSync(key, ''.padEnd(ROOM_BYTES))));
    this.transact((root) => keys.forEach((key) => root.removeSync(key)));
  }

  private transact<T>(work: (root: RootDatabase<string, string>) => T): T {
    try {
      return this.root.transactionSync(() => work(this.root));
    } catch (error) {
      this.reopen();
      throw saysNoSpace(error) ? new NoSpaceError({ cause: error }) : error;
    }
  }

  /** LMDB refuses further writes, without a word, once its own root page could not be written. */
  private reopen(): void {
    this.watch?.assertSame();
    const failed = this.root;
    this.root = this.openRoot();
    void failed.close();
  }

  private openRoot(): RootDatabase<string, string> {
    return openRoot(this.lmdb, { path: this.folder, encoding: 'string', noSync: true });
  }
}
