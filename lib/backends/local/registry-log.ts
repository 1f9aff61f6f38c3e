import { Logger } from '@nestjs/common';
import { asError } from '../../errors/index.js';
import type { RegistryObserver } from '../../registry/index.js';
import { LOGGER_CONTEXT } from '../../tus.constants.js';
import { count } from '../../count.js';

/** Most damaged rows that are named in one line. */
const SHOWN_ROWS = 10;

/** Says in the log what becomes of the registry's disk, and of its rows, once each. */
export class RegistryLog implements RegistryObserver {
  private readonly logger = new Logger(LOGGER_CONTEXT);

  /** @param folder of the registry */
  constructor(private readonly folder: string) {}

  faulted(cause: unknown): void {
    const { message, stack } = asError(cause);
    this.logger.error(registryFaulted(message), stack);
  }

  repaired(): void {
    this.logger.log(registryRepaired());
  }

  blocked(): void {
    this.logger.warn(registryBlocked(this.folder));
  }

  damaged(rows: readonly string[]): void {
    this.logger.error(rowsDamaged(rows, this.folder));
  }
}

/** Nothing is acknowledged that a failing disk may not keep. */
function registryFaulted(reason: string): string {
  return (
    `The disk has failed to store what is known of uploads (${reason}). Requests are answered 503 ` +
    `until all of it is in a new file, which is tried again and again as long as no other process ` +
    `uses the folder. Look after the disk; where there are other processes, restart them all.`
  );
}

/** The disk works again. */
function registryRepaired(): string {
  return 'What is known of uploads is in a new file on the disk; requests are served again.';
}

/** Rows of the registry were damaged on the disk. */
function rowsDamaged(rows: readonly string[], folder: string): string {
  const shown = rows.slice(0, SHOWN_ROWS).join(', ');
  const more = rows.length > SHOWN_ROWS ? ` and ${rows.length - SHOWN_ROWS} more` : '';
  return (
    `The registry in ${folder} has ${count(rows.length, 'row')} that cannot be read: ` +
    `${shown}${more}. They count as missing from now on, and their bytes are kept in its table ` +
    `"unreadable"; the files of such uploads are put into .tus/lost. Check the disk.`
  );
}

/** LMDB lets one process write at a time. */
function registryBlocked(folder: string): string {
  return (
    `A write to the registry in ${folder} has waited for seconds for writes of other processes. A ` +
    `process that was stopped in the middle of a write keeps all others from writing: let it go on ` +
    `(kill -CONT), or end it (kill -KILL).`
  );
}
