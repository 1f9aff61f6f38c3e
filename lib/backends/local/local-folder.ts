import { Logger } from '@nestjs/common';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { DiskCalls } from '../../file-system/index.js';
import { UnfitFolderError } from '../../errors/index.js';
import {
  DiskReserve,
  FoldersInUse,
  FolderWatch,
  makePrivateFolder,
  markFolder,
  PRIVATE_FILE,
  readMark,
} from '../../folder/index.js';
import { processWide } from '../../process-wide.js';
import { DATA_FILE } from '../../registry/lmdb/index.js';
import { makeFolder } from '../../storage/disk/index.js';
import { LOGGER_CONTEXT, REGISTRY_FOLDER, RESERVE_FOLDER } from '../../tus.constants.js';
import { DiskLog } from './disk-log.js';
import { FolderLog } from './folder-log.js';

/** A file in what is the module's own, open for as long as the folder is taken. */
const WITNESS = 'folder';

/** A file in it that says which registry elsewhere knows the files. */
const MARK = 'registry.json';

/** Those of all instances of this process. */
const foldersInUse = processWide('folders', () => new FoldersInUse());

/** The folder that an instance has on this machine, with what is known of uploads in it. */
export class LocalFolder {
  /** Absolute path of what is the module's own in it. */
  readonly own: string;
  readonly calls = new DiskCalls();
  readonly watch: FolderWatch;
  readonly reserve: DiskReserve;
  private readonly logger = new Logger(LOGGER_CONTEXT);
  private readonly mark: string;
  private leave?: () => void;
  private witness?: FileHandle;

  /**
   * @param path absolute
   * @param app what all instances of one app have in common
   * @param mode that of folders which are made; by the umask unless given
   */
  constructor(
    readonly path: string,
    private readonly app: object,
    private readonly mode?: number,
  ) {
    this.own = join(path, REGISTRY_FOLDER);
    this.mark = join(this.own, MARK);
    this.watch = new FolderWatch(join(this.own, DATA_FILE), new FolderLog(path), this.calls);
    this.reserve = new DiskReserve(join(this.own, RESERVE_FOLDER), new DiskLog(path));
  }

  /**
   * Takes the folder for one instance.
   *
   * @param isShared whether other apps may take it too, if they say the same
   * @throws UnfitFolderError when another one has it, or a registry that lies elsewhere
   */
  async take(isShared = false): Promise<void> {
    await makeFolder(this.path, this.mode);
    const isNarrowed = await makePrivateFolder(this.own);
    if (!isShared && (await readMark(this.mark))) throw this.isElsewhere();
    const folders = { uploads: this.path, own: this.own };
    this.leave = await foldersInUse.take(folders, this.app, isShared);
    if (isNarrowed) this.logger.log(folderNarrowed(this.own));
  }

  /**
   * Takes it for files alone, unless the registry in it has taken it before: what is known of them lies
   * elsewhere, so that other apps may share it. A file is made by which it is known.
   *
   * @throws UnfitFolderError likewise
   */
  async takeForFiles(): Promise<void> {
    if (this.leave) return;
    await this.take(true);
    const path = join(this.own, WITNESS);
    this.witness = await open(path, 'a', PRIVATE_FILE);
    this.watch.begin(path);
  }

  /**
   * Keeps the files for the one registry that knows them.
   *
   * @returns what tells the folder from all others
   * @throws UnfitFolderError when another one does
   */
  async share(registry: string): Promise<string> {
    const mark = await markFolder(this.mark, registry);
    if (mark.registry === registry) return mark.folder;
    throw this.isElsewhere();
  }

  private isElsewhere(): UnfitFolderError {
    return new UnfitFolderError(registryElsewhere(this.path, this.mark));
  }

  /** Gives it back, if it was taken. */
  async giveBack(): Promise<void> {
    this.watch.end();
    this.leave?.();
    this.leave = undefined;
    this.reserve.end();
    await this.witness?.close();
    this.witness = undefined;
  }
}

/** Each of two registries would take the other's files for such that nothing is known of. */
function registryElsewhere(folder: string, mark: string): string {
  return (
    `What is known of the files in ${folder} is kept in another registry: another database, or another ` +
    `schema of it. Give this one a folder of its own. Where the other one is not used any more, remove ` +
    `${mark}: its files are then put aside, like all that nothing is known of.`
  );
}

/** What earlier versions, or a generous umask, left open to all users of the machine. */
function folderNarrowed(folder: string): string {
  return `${folder} was open to other users of this machine; it is for this process's user only now.`;
}
