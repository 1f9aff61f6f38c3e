import type { PlatformName } from '../support/platforms.js';

/** What a server that soaks is told at its start. */
export interface SoakSettings {
  readonly platform: PlatformName;
  readonly tmpFileDir: string;
}
