import { Logger } from '@nestjs/common';
import type { FolderObserver } from './folder/index.js';
import { LOGGER_CONTEXT } from './tus.constants.js';
import { folderBack, folderLost } from './tus.messages.js';

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
