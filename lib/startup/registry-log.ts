import { Logger } from '@nestjs/common';
import { asError } from '../errors/index.js';
import type { RegistryObserver } from '../registry/index.js';
import { LOGGER_CONTEXT } from '../tus.constants.js';
import { registryFaulted, registryRepaired } from '../tus.messages.js';

/** Says in the log, once each, that the registry's disk has failed, and that it was repaired. */
export class RegistryLog implements RegistryObserver {
  private readonly logger = new Logger(LOGGER_CONTEXT);

  faulted(cause: unknown): void {
    const { message, stack } = asError(cause);
    this.logger.error(registryFaulted(message), stack);
  }

  repaired(): void {
    this.logger.log(registryRepaired());
  }
}
