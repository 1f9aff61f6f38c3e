import { Logger } from '@nestjs/common';
import { asError, logError } from '../errors/index.js';
import type { Measures } from '../measures/index.js';
import { LOGGER_CONTEXT } from '../tus.constants.js';
import type { RecoveryObserver, RecoveryReport } from '../uploads/index.js';
import { count } from '../count.js';

/** Says in the log, and in the stats, what was repaired after a start, and what could not be. */
export class RecoveryLog implements RecoveryObserver {
  private readonly logger = new Logger(LOGGER_CONTEXT);

  constructor(private readonly measures: Measures) {}

  failed(error: unknown, id?: string): void {
    if (id === undefined) this.note({}, asError(error).message);
    const subject = id === undefined ? 'What a last end may have left' : `Upload ${id}`;
    logError(this.logger, `${subject} could not be looked at`, error);
  }

  recovered(report: RecoveryReport): void {
    const { finished, cut, halfBuilt, setAside, removed } = report;
    this.note({ finished, cut, halfBuilt, setAside, removed });
    const found = describeRecovered(report);
    if (found === undefined)
      this.logger.verbose('There was nothing to recover after the last end.');
    else this.logger.log(found);
  }

  private note(counts: Readonly<Record<string, number>>, error?: string): void {
    this.measures.recovered({ endedAt: new Date(), counts, ...(error !== undefined && { error }) });
  }
}

/** What was found after a start, and repaired; `undefined` when nothing was. */
function describeRecovered(report: RecoveryReport): string | undefined {
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
