import { Logger } from '@nestjs/common';
import { asError } from '../errors/index.js';
import type { RegistryObserver } from '../registry/index.js';
import { LOGGER_CONTEXT } from '../tus.constants.js';
import {
  registryBlocked,
  registryFaulted,
  registryRepaired,
  rowsDamaged,
} from '../tus.messages.js';

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
