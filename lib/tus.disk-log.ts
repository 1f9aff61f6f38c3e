import { Logger } from '@nestjs/common';
import type { DiskReserveObserver } from './folder/index.js';
import { LOGGER_CONTEXT } from './tus.constants.js';
import { diskFull, diskHasRoom } from './tus.messages.js';

/** Says in the log that the disk is full, and that it has room again: a line each. */
export class DiskLog implements DiskReserveObserver {
  private readonly logger = new Logger(LOGGER_CONTEXT);

  constructor(private readonly folder: string) {}

  full(): void {
    this.logger.error(diskFull(this.folder));
  }

  roomAgain(): void {
    this.logger.log(diskHasRoom(this.folder));
  }
}
