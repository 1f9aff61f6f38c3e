import type { EventEmitter } from 'node:events';
import type { ServerSettings } from '../server-settings.js';
import type { DiskFaults } from '../disk-faults.js';
import type { Tally } from '../tally.js';

/** The moments at which a kill may be wished for; each is announced by an event of its name. */
export const MOMENTS = [
  'bytes',
  'checksum',
  'last-bytes',
  'last-answer',
  'retrying',
  'answering',
  'concatenation',
  'cleanup',
  'eio',
] as const;

/** A moment that is to be asked for: its run lies in memory, on a disk that is filled after the kill. */
export const ON_FULL_DISK = 'full';

export type Moment = (typeof MOMENTS)[number] | typeof ON_FULL_DISK;

/** What the actors of a run have in common. */
export interface Stage {
  readonly seed: number;
  readonly settings: Omit<ServerSettings, 'platform'>;
  readonly tally: Tally;
  /** What the disk has failed to do. */
  readonly disk: DiskFaults;
  /** Where actors announce a moment. */
  readonly moments: EventEmitter;
}
