import { UnfitFolderError } from '../errors/index.js';
import { waitAtMost } from '../wait-at-most.js';
import { identityOf, lineageOf } from './folder-identity.js';

/** Milliseconds to wait for another app to close. */
const PATIENCE = 10_000;

/** The folders of one instance. */
export interface InstanceFolders {
  /** Where its uploads lie. */
  readonly uploads: string;
  /** What it keeps for itself, inside. */
  readonly own: string;
}

/** An instance that has its folders. */
interface Holder {
  readonly app: object;
  /** Identity of its own folder. */
  readonly own: string;
  readonly lineage: readonly string[];
  readonly isShared: boolean;
  /** Resolves when it gives them back. */
  readonly left: Promise<void>;
}

/**
 * The folders of this process's instances. No two instances share one, for they would expire and
 * deliver each other's uploads. Folders are compared by what they are, not by their paths.
 */
export class FoldersInUse {
  private readonly holders = new Set<Holder>();

  /** @param patience milliseconds to wait for another app to close */
  constructor(private readonly patience = PATIENCE) {}

  /**
   * Takes the folders, which must be there, as soon as they are free. Another app may be about
   * to end: after a hot reload, or in a test that does not await `close()`.
   *
   * @param app what all instances of one app have in common
   * @param isShared whether instances of other apps may have them too, if they say the same
   * @returns gives them back
   * @throws UnfitFolderError when an instance of the same app has them, when another app keeps them,
   *   and when they lie in what is an instance's own
   */
  async take(folders: InstanceFolders, app: object, isShared = false): Promise<() => void> {
    const [own, lineage] = await Promise.all([identityOf(folders.own), lineageOf(folders.uploads)]);
    let leave = () => {};
    const left = new Promise<void>((resolve) => (leave = resolve));
    const holder: Holder = { app, own, lineage, isShared, left };
    await this.enter(holder, folders.uploads);
    return () => {
      this.holders.delete(holder);
      leave();
    };
  }

  /** Finding them free and taking them is one step: others may wait as well. */
  private async enter(wanted: Holder, path: string): Promise<void> {
    const deadline = Date.now() + this.patience;
    for (let other = this.findOther(wanted); other; other = this.findOther(wanted)) {
      if (isNested(wanted, other)) throw new UnfitFolderError(folderNested(path));
      if (other.app === wanted.app) throw new UnfitFolderError(folderShared(path));
      const patience = deadline - Date.now();
      if (patience <= 0) throw new UnfitFolderError(folderKept(path));
      await waitAtMost(patience, other.left);
    }
    this.holders.add(wanted);
  }

  private findOther(wanted: Holder): Holder | undefined {
    const collides = (other: Holder) =>
      (other.lineage[0] === wanted.lineage[0] && !areShared(wanted, other)) ||
      isNested(wanted, other);
    return [...this.holders].find(collides);
  }
}

/** What machines share, two apps of one process may share as well. */
function areShared(one: Holder, other: Holder): boolean {
  return one.isShared && other.isShared && one.app !== other.app;
}

function isNested(one: Holder, other: Holder): boolean {
  return one.lineage.includes(other.own) || other.lineage.includes(one.own);
}

function folderShared(path: string): string {
  return `Another TusModule instance of this app uses ${path}. Give each instance a folder of its own.`;
}

function folderKept(path: string): string {
  return (
    `An app of this process that was not closed uses ${path}: await app.close() before the next one ` +
    `starts, in tests in afterEach() or afterAll(), with hot reloading in module.hot.dispose(). If ` +
    `two apps are to run side by side, give each instance a folder of its own.`
  );
}

function folderNested(path: string): string {
  return (
    `${path} lies inside the ".tus" of another instance's folder, or that one inside the ".tus" of ` +
    `this. Give each instance a folder outside of all that is called so.`
  );
}
