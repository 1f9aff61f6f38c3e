import type { Logger } from '@nestjs/common';
import { ClosedError, FolderLostError, logError } from '../errors/index.js';

/**
 * Logs what went wrong around a delivery.
 *
 * A lost folder is logged once, by its watch, and handlers that the app's end gives up are logged
 * elsewhere too.
 */
export function reportFault(logger: Logger, what: string, error: unknown): void {
  if (error instanceof FolderLostError || error instanceof ClosedError) return;
  logError(logger, what, error);
}
