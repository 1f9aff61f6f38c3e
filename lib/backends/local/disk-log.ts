import { Logger } from '@nestjs/common';
import type { DiskReserveObserver } from '../../folder/index.js';
import { LOGGER_CONTEXT } from '../../tus.constants.js';

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

/** Nothing can be added, and what is there can be read and removed. */
function diskFull(folder: string): string {
  return (
    `The disk of ${folder} is full, or its quota is reached. What needs room is answered 507, and ` +
    `goes on by itself once there is some; all else is served, from a reserve. To make room, delete ` +
    `uploads (DELETE, TusService.terminate() and cleanupFile(), the cleanup option) or other files, ` +
    `or give it a larger disk.`
  );
}

/** Everything can go on. */
function diskHasRoom(folder: string): string {
  return `The disk of ${folder} has room again.`;
}
