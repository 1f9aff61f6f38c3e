import { Logger } from '@nestjs/common';
import { logError } from '../errors/index.js';
import { LOGGER_CONTEXT } from '../tus.constants.js';
import type { RecoveryObserver, RecoveryReport } from '../uploads/index.js';
import { count } from '../count.js';

/** Says in the log what was repaired after a start, in one line, and what could not be. */
export class RecoveryLog implements RecoveryObserver {
  private readonly logger = new Logger(LOGGER_CONTEXT);

  failed(error: unknown, id?: string): void {
    const subject = id === undefined ? 'What a last end may have left' : `Upload ${id}`;
    logError(this.logger, `${subject} could not be looked at`, error);
  }

  recovered(report: RecoveryReport): void {
    const found = recovered(report);
    if (found === undefined)
      this.logger.verbose('There was nothing to recover after the last end.');
    else this.logger.log(found);
  }
}

/** What was found after a start, and repaired; `undefined` when nothing was. */
function recovered(report: RecoveryReport): string | undefined {
  const { finished, cut, halfBuilt, setAside, place, removed } = report;
  const parts = [
    finished && `${count(finished, 'complete upload')} finished`,
    cut && `${count(cut, 'upload')} cut back to verified bytes`,
    halfBuilt && `${count(halfBuilt, 'half-built final upload')} removed`,
    setAside && `${count(setAside, 'file')} without a record put aside (${place})`,
    removed && `${count(removed, 'temporary file')} removed`,
  ].filter(Boolean);
  return parts.length === 0 ? undefined : `Recovered: ${parts.join(', ')}.`;
}
