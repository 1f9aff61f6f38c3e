import { Logger } from '@nestjs/common';
import type { FolderObserver } from '../../folder/index.js';
import { LOGGER_CONTEXT } from '../../tus.constants.js';

/** Says in the log that the folder was lost, and that it is there again: a line each. */
export class FolderLog implements FolderObserver {
  private readonly logger = new Logger(LOGGER_CONTEXT);

  constructor(private readonly folder: string) {}

  lost(reason: string): void {
    this.logger.error(folderLost(this.folder, reason));
  }

  back(): void {
    this.logger.log(folderBack(this.folder));
  }
}

/** The folder for uploads is not there any more, or is another one. */
function folderLost(folder: string, reason: string): string {
  return (
    `The folder for uploads, ${folder}, is not the one that the app was started with: ${reason}. ` +
    `Uploads are refused with 503, and nothing is delivered or cleaned up, until it is there ` +
    `again. If it was removed, made anew or replaced for good, restart the app.`
  );
}

/** The folder is back. */
function folderBack(folder: string): string {
  return `The folder for uploads, ${folder}, is there again: uploads go on.`;
}
