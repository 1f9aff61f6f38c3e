import type { RootDatabase } from 'lmdb';
import { NoSpaceError } from '../../errors/index.js';
import {
  makeOwnFolder,
  NO_RESERVE,
  type FolderCheck,
  type RoomReserve,
} from '../../folder/index.js';
import type { ClaimTable } from '../../cluster/index.js';
import { loadLmdb, type Lmdb } from './load-lmdb.js';
import { assertRoom, explainOpening, meansNoSpace, roomIn } from './lmdb.errors.js';
import { fillLockFile, isCopyOnWrite, placeLockFile } from './lock-file.js';
import { openRoot } from './open-root.js';
import { checkReadiness } from './readiness.js';

/** Rows that are written once and removed, so that later ones find their pages on a full disk. */
const ROOM_ROWS = 1000;

/** Characters of such a row's key: an id of the application's, with what a lease adds to it. */
const ROOM_KEY = 110;

/** Bytes of such a row's value; the identity of a process takes no more. */
const ROOM_BYTES = 64;

/** Free bytes from which on room is made: those of the rows, and those of the reserve. */
const ROOM_TO_SPARE = 2 * 1024 * 1024;

/**
 * Claims in an LMDB environment that is never flushed: it outlives killed processes, and is not
 * meant to outlive the machine.
 *
 * Its transactions are synchronous: they take some ten microseconds, and a transaction that waited
 * for its turn of the event loop would make all other processes wait with it.
 */
export class LmdbClaims implements ClaimTable {
  private root: RootDatabase<string, string>;
  /** Whether rows find their pages, whatever the disk has. */
  private hasRoom = true;

  private constructor(
    private readonly lmdb: Lmdb,
    private readonly folder: string,
    private readonly watch?: FolderCheck,
    private readonly reserve: RoomReserve = NO_RESERVE,
  ) {
    this.root = this.openRoot();
  }

  /**
   * @param watch knows whether the folder is still the one it was; without one it is taken to be
   * @param reserve room for what no room is found for
   * @throws Error when the folder cannot be used, or there is no room in it
   */
  static async open(
    folder: string,
    watch?: FolderCheck,
    reserve?: RoomReserve,
  ): Promise<LmdbClaims> {
    const lmdb = await loadLmdb();
    try {
      await makeOwnFolder(folder);
      await placeLockFile(folder);
      await checkReadiness(folder);
      await fillLockFile(folder);
      const claims = new LmdbClaims(lmdb, folder, watch, reserve);
      if (await canMakeRoom(folder)) claims.makeRoom();
      else claims.hasRoom = false;
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

  holderOf(key: string): string | undefined {
    this.root.resetReadTxn();
    return this.root.get(key);
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

  /** A row replaces one, or goes with its process. */
  private transact<T>(work: (root: RootDatabase<string, string>) => T): T {
    return this.reserve.spendSync(() => this.tryTransaction(work));
  }

  private tryTransaction<T>(work: (root: RootDatabase<string, string>) => T): T {
    if (!this.hasRoom) assertRoom(this.folder);
    try {
      return this.root.transactionSync(() => work(this.root));
    } catch (error) {
      this.reopen();
      throw meansNoSpace(error, this.folder) ? new NoSpaceError({ cause: error }) : error;
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

/**
 * Whether rows find their pages later. They do not where changes are stored somewhere else; and on a
 * disk that is nearly full they find the reserve, of which nothing is to be taken for good.
 */
async function canMakeRoom(folder: string): Promise<boolean> {
  return roomIn(folder) >= ROOM_TO_SPARE && !(await isCopyOnWrite(folder));
}
