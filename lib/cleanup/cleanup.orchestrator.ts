import { Inject, Injectable, Logger } from '@nestjs/common';
import { ClosedError, FolderLostError, logError } from '../errors/index.js';
import { AppProviders } from '../handlers/index.js';
import { LONGEST_TIMER, type TusOptions } from '../options/index.js';
import { LOGGER_CONTEXT, TUS_OPTIONS } from '../tus.constants.js';
import { CleanupService } from './cleanup.service.js';

/**
 * Name under which the cleanup of an instance stands in the `SchedulerRegistry`.
 *
 * @param name the instance's `name` option; none for the one without a name
 * @publicApi
 */
export function getCleanupIntervalName(name?: string): string {
  return name === undefined ? 'tus-cleanup' : `tus-cleanup(${name})`;
}

/** The provider of `@nestjs/schedule` that an app's intervals stand in. */
const SCHEDULER_REGISTRY = 'SchedulerRegistry';

/** What is asked of it; its package is not needed without it. */
interface Schedules {
  addInterval(name: string, interval: NodeJS.Timeout): void;
}

/**
 * Runs the cleanup time and again: as an interval of the app's `SchedulerRegistry` where the app
 * imports `ScheduleModule`, by a timer of its own where it does not.
 */
@Injectable()
export class CleanupOrchestrator {
  private readonly logger = new Logger(LOGGER_CONTEXT);
  private interval?: NodeJS.Timeout;

  constructor(
    @Inject(TUS_OPTIONS) private readonly options: TusOptions,
    private readonly cleanup: CleanupService,
    private readonly providers: AppProviders,
  ) {}

  start(): void {
    const { cleanupEvery, name } = this.options;
    if (cleanupEvery === undefined) return;
    this.interval = setInterval(() => this.run(), Math.min(cleanupEvery, LONGEST_TIMER)).unref();
    const schedules = this.providers.named<Schedules>(SCHEDULER_REGISTRY);
    if (!schedules) this.logger.verbose(cleanupUnscheduled());
    schedules?.addInterval(getCleanupIntervalName(name), this.interval);
  }

  async stop(): Promise<void> {
    clearInterval(this.interval);
    await this.cleanup.stop();
  }

  private run(): void {
    this.cleanup.run().catch((error: unknown) => {
      // That is told once, by the folder's watch; and the app's end is no failure.
      if (error instanceof FolderLostError || error instanceof ClosedError) return;
      logError(this.logger, 'The cleanup failed', error);
    });
  }
}

/** The cleanup does not stand among the app's schedules. */
function cleanupUnscheduled(): string {
  return 'The app imports no ScheduleModule: cleanup runs on a timer of its own.';
}
