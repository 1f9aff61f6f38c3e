import { Logger } from '@nestjs/common';
import { pidOf, type ProcessesObserver } from '../processes/index.js';
import { LOGGER_CONTEXT } from '../tus.constants.js';
import { processAnswers, processFenced, processSilent } from '../tus.messages.js';

/** Says in the log which processes hang, once each, and what becomes of their uploads. */
export class ProcessesLog implements ProcessesObserver {
  private readonly logger = new Logger(LOGGER_CONTEXT);

  /** @param folder for uploads, which they share */
  constructor(private readonly folder: string) {}

  silent(identity: string, reason?: string): void {
    this.logger.warn(processSilent(this.folder, pidOf(identity), reason));
  }

  answers(identity: string): void {
    this.logger.log(processAnswers(this.folder, pidOf(identity)));
  }

  fenced(count: number): void {
    this.logger.warn(processFenced(count));
  }
}
