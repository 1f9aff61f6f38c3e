import type { PostgresOptions } from '../../lib/backends/postgres/index.js';
import type { PlatformName } from '../support/platforms.js';

/** What a server process is told at its start. */
export interface FuzzSettings {
  readonly platform: PlatformName;
  readonly tmpFileDir: string;
  /** Where what is known of uploads is; in the folder unless given. */
  readonly postgres?: PostgresOptions;
  /** Folder in which each upload that was delivered has a journal, named by its id. */
  readonly journals: string;
}
