import { Logger } from '@nestjs/common';
import { join } from 'node:path';
import { DiskCalls } from '../../file-system/index.js';
import { DiskReserve, FoldersInUse, FolderWatch, makePrivateFolder } from '../../folder/index.js';
import { processWide } from '../../process-wide.js';
import { DATA_FILE } from '../../registry/lmdb/index.js';
import { makeFolder } from '../../storage/disk/index.js';
import { LOGGER_CONTEXT, MARK_FILE, REGISTRY_FOLDER, RESERVE_FOLDER } from '../../tus.constants.js';
import { DiskLog } from './disk-log.js';
import { FolderLog } from './folder-log.js';

/** Those of all instances of this process. */
const foldersInUse = processWide('folders', () => new FoldersInUse());

/** The folder that an instance has on this machine, with what is known of uploads in it. */
export class LocalFolder {
  /** Absolute path of what is the module's own in it. */
  readonly own: string;
  /** Of the file that stands for the folder while its registry is elsewhere. */
  readonly mark: string;
  readonly calls = new DiskCalls();
  readonly watch: FolderWatch;
  readonly reserve: DiskReserve;
  private readonly logger = new Logger(LOGGER_CONTEXT);
  private leave?: () => void;

  /**
   * @param path absolute
   * @param app what all instances of one app have in common
   * @param mode that of folders which are made; by the umask unless given
   * @param hasRegistry whether what is known of uploads lies in it, too
   */
  constructor(
    readonly path: string,
    private readonly app: object,
    private readonly mode?: number,
    hasRegistry = true,
  ) {
    this.own = join(path, REGISTRY_FOLDER);
    this.mark = join(this.own, MARK_FILE);
    const witness = hasRegistry ? join(this.own, DATA_FILE) : this.mark;
    this.watch = new FolderWatch(witness, new FolderLog(path), this.calls);
    this.reserve = new DiskReserve(join(this.own, RESERVE_FOLDER), new DiskLog(path));
  }

  /**
   * Takes the folder for one instance.
   *
   * @throws UnfitFolderError when another one has it
   */
  async take(): Promise<void> {
    await makeFolder(this.path, this.mode);
    const isNarrowed = await makePrivateFolder(this.own);
    this.leave = await foldersInUse.take({ uploads: this.path, own: this.own }, this.app);
    if (isNarrowed) this.logger.log(folderNarrowed(this.own));
  }

  /** Gives it back, if it was taken. */
  giveBack(): void {
    this.watch.end();
    this.leave?.();
    this.reserve.end();
  }
}

/** What earlier versions, or a generous umask, left open to all users of the machine. */
function folderNarrowed(folder: string): string {
  return `${folder} was open to other users of this machine; it is for this process's user only now.`;
}
