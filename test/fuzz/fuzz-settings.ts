import type { PlatformName } from '../support/platforms.js';

/** What a server process is told at its start. */
export interface FuzzSettings {
  readonly platform: PlatformName;
  readonly tmpFileDir: string;
  /** Folder in which each upload that was delivered has a journal, named by its id. */
  readonly journals: string;
}
